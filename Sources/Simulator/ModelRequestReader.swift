internal import Envelope

/// Reads a request to a model in one pass, and notes the first thing that is not in order.
struct ModelRequestReader {
    private let bytes: UnsafeRawBufferPointer
    private var scanner: JSONScanner

    private(set) var request: ModelRequest
    private(set) var problem: APIError?

    private var hasPrompt = false

    init(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
        request = ModelRequest(endpoint)
    }

    mutating func read() throws(JSONError) {
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if bytes.key(key, equals: promptName) {
                try readPrompt()
            } else {
                note(key, try scanner.value())
            }
            more = try scanner.nextMember()
        }
        try scanner.end()
        if request.model.isEmpty { refuse(.invalid("you must provide a model parameter")) }
        if !hasPrompt { refuse(.missing(promptName)) }
    }

    private var promptName: StaticString {
        switch request.endpoint {
        case .chat: "messages"
        case .completion: "prompt"
        case .embedding: "input"
        }
    }

    // MARK: Prompts

    private mutating func readPrompt() throws(JSONError) {
        hasPrompt = true
        let kind = try scanner.nextKind()
        let start = scanner.position
        switch request.endpoint {
        case .chat where kind != .array: try refuseNext(.wrongType("messages", expected: "an array of objects", found: kind))
        case .chat: try readMessages()
        case .completion where kind != .string && kind != .array, .embedding where kind != .string && kind != .array:
            try refuseNext(.wrongType(promptName, expected: "a string or an array", found: kind))
        case .completion, .embedding: try readInputs(kind)
        }
        let prompt = bytes[ByteRange(start: start, end: scanner.position)]
        request.fingerprint = Fingerprint.of(prompt, salt: request.endpoint.rawValue)
        request.promptTokens = max(prompt.count / 4, 1)
    }

    private mutating func readMessages() throws(JSONError) {
        var content: JSONValue?
        var more = try scanner.openArray()
        if !more { refuse(.invalid("Invalid 'messages': empty array.", parameter: "messages", code: "empty_array")) }
        while more {
            content = try readMessage()
            more = try scanner.nextElement()
        }
        if let content { noteText(content.kind, content.range) }
    }

    /// Reads a message, and returns its content.
    private mutating func readMessage() throws(JSONError) -> JSONValue? {
        let kind = try scanner.nextKind()
        guard kind == .object else {
            try refuseNext(.wrongType("messages", expected: "an array of objects", found: kind))
            return nil
        }
        var content: JSONValue?
        var hasRole = false
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: "content") { content = value }
            if bytes.key(key, equals: "role") { hasRole = value.kind == .string }
            more = try scanner.nextMember()
        }
        if !hasRole { refuse(.missing("messages[].role")) }
        return content
    }

    /// Reads a string, or an array of strings, of tokens, or of arrays of tokens.
    private mutating func readInputs(_ kind: JSONKind) throws(JSONError) {
        guard kind == .array else { return add(kind, try scanner.value().range) }
        let start = scanner.position
        var hasTokens = false
        var more = try scanner.openArray()
        while more {
            let value = try scanner.value()
            if value.kind == .number { hasTokens = true } else { add(value.kind, value.range) }
            more = try scanner.nextElement()
        }
        if hasTokens { add(.array, ByteRange(start: start, end: scanner.position)) }
        checkInputs()
    }

    private mutating func add(_ kind: JSONKind, _ range: ByteRange) {
        if kind != .string && kind != .array { refuse(.wrongType(promptName, expected: "strings or arrays of tokens", found: kind)) }
        noteText(kind, range)
        request.inputs.append(Fingerprint.of(bytes[range], salt: Endpoint.embedding.rawValue))
    }

    private mutating func checkInputs() {
        let most = request.endpoint == .embedding ? ModelRequest.Limit.inputs : 1
        guard request.inputs.isEmpty || request.inputs.count > most else { return }
        refuse(.wrongValue(promptName, expected: most == 1 ? "one prompt; the simulator answers one at a time" : "1 to \(most) inputs"))
    }

    private mutating func noteText(_ kind: JSONKind, _ range: ByteRange) {
        request.digest = digest(kind, range)
        request.requestedLatency = RequestedLatency.milliseconds(in: bytes[range])
    }

    /// Of a string's text; of what is no string, as it stands.
    private func digest(_ kind: JSONKind, _ range: ByteRange) -> UInt64 {
        if kind != .string { return Fingerprint.digest(bytes[range]) }
        let content = bytes[ByteRange(start: range.start + 1, end: range.end - 1)]
        guard content.contains(UInt8(ascii: "\\")) else { return Fingerprint.digest(content) }
        return Fingerprint.digest(JSONText.string(at: range, in: bytes).utf8)
    }

    // MARK: Other members

    private mutating func note(_ key: JSONString, _ value: JSONValue) {
        if value.kind == .null { return }
        if bytes.key(key, equals: "model") {
            guard value.kind == .string else { return refuse(.wrongType("model", expected: "a string", found: value.kind)) }
            request.model = String(decoding: bytes[value.range], as: UTF8.self)
        } else if bytes.key(key, equals: "stream") {
            request.isStreamed = request.endpoint != .embedding && boolean("stream", value)
        } else if bytes.key(key, equals: "stream_options") {
            guard value.kind == .object else { return refuse(.wrongType("stream_options", expected: "an object", found: value.kind)) }
            let option = try? JSONText.value("include_usage", in: bytes[value.range])
            request.includesUsage = option.flatMap { JSONText.boolean(at: $0.range, in: bytes[value.range]) } ?? false
        } else if bytes.key(key, equals: "max_tokens") {
            limitOutput(integer("max_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "max_completion_tokens") {
            limitOutput(integer("max_completion_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "n") {
            _ = integer("n", value, most: 1)
        } else if bytes.key(key, equals: "dimensions") {
            request.dimensions = integer("dimensions", value, most: ModelRequest.Limit.dimensions) ?? request.dimensions
        } else if bytes.key(key, equals: "encoding_format") {
            request.isBase64 = bytes.equals("\"base64\"", at: value.range)
            guard request.isBase64 || bytes.equals("\"float\"", at: value.range) else {
                return refuse(.wrongValue("encoding_format", expected: "\"float\" or \"base64\""))
            }
        }
    }

    private mutating func limitOutput(_ limit: Int?) {
        guard let limit else { return }
        request.outputLimit = min(limit, request.outputLimit ?? limit)
    }

    private mutating func boolean(_ name: StaticString, _ value: JSONValue) -> Bool {
        if value.kind != .boolean { refuse(.wrongType(name, expected: "a boolean", found: value.kind)) }
        return JSONText.boolean(at: value.range, in: bytes) ?? false
    }

    private mutating func integer(_ name: StaticString, _ value: JSONValue, most: Int) -> Int? {
        guard value.kind == .number, let number = JSONText.integer(at: value.range, in: bytes) else {
            refuse(.wrongType(name, expected: "an integer", found: value.kind))
            return nil
        }
        guard (1...Int64(most)).contains(number) else {
            refuse(.wrongValue(name, expected: "an integer from 1 to \(most)"))
            return nil
        }
        return Int(number)
    }

    private mutating func refuseNext(_ problem: APIError) throws(JSONError) {
        _ = try scanner.value()
        refuse(problem)
    }

    private mutating func refuse(_ problem: APIError) {
        if self.problem == nil { self.problem = problem }
    }
}
