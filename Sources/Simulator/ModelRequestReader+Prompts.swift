internal import Envelope

extension ModelRequestReader {
    // MARK: Messages

    /// Reads an array of messages, of which the last one's text matters.
    ///
    /// - Parameters:
    ///   - name: the array's name.
    ///   - content: the member that holds a message's text.
    ///   - needsRole: true if each message must have a role.
    ///   - joinsParts: true if the digest of content in parts is that of their text.
    mutating func readMessages(
        _ name: StaticString, content: StaticString = "content", needsRole: Bool = true, joinsParts: Bool = true
    ) throws(JSONError) {
        let kind = try scanner.nextKind()
        guard kind == .array else { return try refuseNext(.wrongType(name, expected: "an array of objects", found: kind)) }
        var last: JSONValue?
        var more = try scanner.openArray()
        if !more { refuse(.invalid("Invalid '\(name)': empty array.", parameter: name, code: "empty_array")) }
        while more {
            last = try readMessage(name, content, needsRole)
            more = try scanner.nextElement()
        }
        guard let last else { return }
        if last.kind == .array && joinsParts { noteParts(last.range) } else { noteText(last.kind, last.range) }
    }

    /// Reads a message, and returns its content.
    private mutating func readMessage(_ name: StaticString, _ contentName: StaticString, _ needsRole: Bool) throws(JSONError) -> JSONValue?
    {
        let kind = try scanner.nextKind()
        guard kind == .object else {
            try refuseNext(.wrongType(name, expected: "an array of objects", found: kind))
            return nil
        }
        var content: JSONValue?
        var hasRole = !needsRole
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: contentName) { content = value }
            if needsRole && bytes.key(key, equals: "role") { hasRole = value.kind == .string }
            more = try scanner.nextMember()
        }
        if !hasRole { refuse(.missing("messages[].role")) }
        return content
    }

    // MARK: Inputs

    /// Reads a string, or an array of strings, of tokens, or of arrays of tokens.
    mutating func readInputs(_ name: StaticString) throws(JSONError) {
        let kind = try scanner.nextKind()
        guard kind == .string || kind == .array else {
            return try refuseNext(.wrongType(name, expected: "a string or an array", found: kind))
        }
        guard kind == .array else { return add(name, kind, try scanner.value().range) }
        let start = scanner.position
        var hasTokens = false
        var more = try scanner.openArray()
        while more {
            let value = try scanner.value()
            if value.kind == .number { hasTokens = true } else { add(name, value.kind, value.range) }
            more = try scanner.nextElement()
        }
        if hasTokens { add(name, .array, ByteRange(start: start, end: scanner.position)) }
        checkInputs(name)
    }

    private mutating func add(_ name: StaticString, _ kind: JSONKind, _ range: ByteRange) {
        if kind != .string && kind != .array { refuse(.wrongType(name, expected: "strings or arrays of tokens", found: kind)) }
        noteText(kind, range)
        addInput(range)
    }

    /// Notes one input of embeddings.
    mutating func addInput(_ range: ByteRange) {
        request.inputs.append(Fingerprint.of(bytes[range], salt: Endpoint.embedding.rawValue))
    }

    mutating func checkInputs(_ name: StaticString) {
        let most = request.endpoint == .embedding ? ModelRequest.Limit.inputs : 1
        guard request.inputs.isEmpty || request.inputs.count > most else { return }
        refuse(.wrongValue(name, expected: most == 1 ? "one prompt; the simulator answers one at a time" : "1 to \(most) inputs"))
    }

    // MARK: Texts

    mutating func noteText(_ kind: JSONKind, _ range: ByteRange) {
        request.digest = digest(kind, range)
        request.markers = PromptMarkers(in: bytes[range])
    }

    /// Notes the text of all parts, as if it were one; what has no text in parts, as it stands.
    mutating func noteParts(_ range: ByteRange) {
        let parts = bytes[range]
        let texts = JSONParts.texts(in: parts)
        guard !texts.isEmpty else { return noteText(.array, range) }
        request.markers = PromptMarkers(in: parts)
        request.digest = Fingerprint.digest(texts.lazy.map { Array(JSONText.string(at: $0, in: parts).utf8) }.joined())
    }

    /// Of a string's text; of what is no string, as it stands.
    private func digest(_ kind: JSONKind, _ range: ByteRange) -> UInt64 {
        if kind != .string { return Fingerprint.digest(bytes[range]) }
        let content = bytes[ByteRange(start: range.start + 1, end: range.end - 1)]
        guard content.contains(UInt8(ascii: "\\")) else { return Fingerprint.digest(content) }
        return Fingerprint.digest(JSONText.string(at: range, in: bytes).utf8)
    }
}

/// The parts of a message's content.
enum JSONParts {
    /// Where the strings of the parts' members named `text` stand.
    ///
    /// - Parameter parts: an array that is valid JSON.
    static func texts(in parts: UnsafeRawBufferPointer) -> [ByteRange] {
        var scanner = JSONScanner(parts)
        var texts: [ByteRange] = []
        do throws(JSONError) {
            var more = try scanner.openArray()
            while more {
                let part = try scanner.value()
                let text = part.kind == .object ? try JSONText.value("text", in: parts[part.range]) : nil
                if let text, text.kind == .string {
                    texts.append(ByteRange(start: part.range.start + text.range.start, end: part.range.start + text.range.end))
                }
                more = try scanner.nextElement()
            }
        } catch {
            return []
        }
        return texts
    }
}
