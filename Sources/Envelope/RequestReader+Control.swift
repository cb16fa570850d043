/// Reading the fields that are meant for Switchyard itself.
extension RequestReader {
    /// Most characters of an id, a tenant, a session or a topic.
    private static var textLimit: Int { 256 }

    mutating func readID(_ field: RequestField) throws(JSONError) {
        let value = try scanner.value()
        guard value.kind == .string else {
            let problem: RequestProblem =
                value.kind == .null
                ? .statement(.missingID, FieldPath(field), "is null; give every request a string of 1 to 256 characters of its own")
                : .wrongKind(FieldPath(field), expected: "a string", found: value)
            return refuse(problem)
        }
        guard value.range.count > 2 else {
            return refuse(
                .statement(.missingID, FieldPath(field), "is empty; give every request a string of 1 to 256 characters of its own"))
        }
        guard let text = text(value, FieldPath(field)), id == nil else { return }
        id = text
        idRange = value.range
    }

    mutating func readVersion() throws(JSONError) {
        let value = try scanner.value()
        guard value.kind != .null, let version = integer(value, FieldPath(.version), expected: "the integer 1") else { return }
        if version != 1 { refuse(.wrongValue(FieldPath(.version), expected: "1, the only version there is", found: value)) }
    }

    mutating func readType() throws(JSONError) {
        let value = try scanner.value()
        guard value.kind != .null, expect(value, .string, FieldPath(.type), "a string") else { return }
        if bytes.equals("\"chat\"", at: value.range) {
            type = .chat
        } else if let known = RequestType(rawValue: JSONText.string(at: value.range, in: bytes)) {
            type = known
        } else {
            refuse(.wrongValue(FieldPath(.type), expected: "\"chat\", \"completion\" or \"embedding\"", found: value))
        }
    }

    mutating func readModel(_ path: FieldPath) throws(JSONError) {
        let value = try scanner.value()
        switch value.kind {
        case .null: return
        case .string where value.range.count > 2: model = text(value, path)
        case .string: refuse(.wrongValue(path, expected: "the name of a model", found: value))
        case .object:
            let remedy: StaticString = "as an object of selection criteria is not supported; name an alias or \"provider/model\""
            refuse(.statement(.unsupported, path, remedy))
        default: refuse(.wrongKind(path, expected: "a string", found: value))
        }
    }

    /// Reads an optional string of 1 to 256 characters.
    mutating func readText(_ field: RequestField) throws(JSONError) -> String? {
        let value = try scanner.value()
        guard value.kind != .null, expect(value, .string, FieldPath(field), "a string") else { return nil }
        guard value.range.count > 2 else {
            refuse(.wrongValue(FieldPath(field), expected: "1 to 256 characters", found: value))
            return nil
        }
        return text(value, FieldPath(field))
    }

    mutating func readPriority() throws(JSONError) {
        let value = try scanner.value()
        guard value.kind != .null, let number = integer(value, FieldPath(.priority), expected: "an integer from 0 to 9") else { return }
        guard (0...9).contains(number) else {
            return refuse(.wrongValue(FieldPath(.priority), expected: "an integer from 0 to 9", found: value))
        }
        priority = Int(number)
    }

    mutating func readDeadline() throws(JSONError) {
        let value = try scanner.value()
        let path = FieldPath(.deadline)
        switch value.kind {
        case .null: return
        case .number:
            guard let milliseconds = integer(value, path, expected: "integer milliseconds since 1970") else { return }
            // Nobody sets a deadline in 1973: such a number is seconds.
            guard (100_000_000_000...Timestamp.latest).contains(milliseconds) else {
                return refuse(.wrongValue(path, expected: "milliseconds since 1970 (not seconds)", found: value))
            }
            deadline = milliseconds
        case .string:
            var text = JSONText.string(at: value.range, in: bytes)
            deadline = text.withUTF8 { Timestamp.milliseconds(parsing: UnsafeRawBufferPointer($0)) }
            guard deadline == nil else { return }
            refuse(.wrongValue(path, expected: "an RFC 3339 time such as \"2026-03-01T12:00:00.250Z\"", found: value))
        default:
            refuse(.wrongKind(path, expected: "an RFC 3339 string or integer milliseconds since 1970", found: value))
        }
    }

    mutating func readCache() throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            let value = try scanner.value()
            guard value.kind != .null, expect(value, .boolean, FieldPath(.cache), "a boolean or an object of mode and ttl_s") else {
                return
            }
            cache = CacheDirective(mode: JSONText.boolean(at: value.range, in: bytes) == true ? .use : .bypass)
            return
        }
        var mode = CacheDirective.Mode.use
        var timeToLive: Int?
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: "mode") {
                mode = cacheMode(value) ?? mode
            } else if bytes.key(key, equals: "ttl_s") {
                let path = FieldPath(.cache, member: "ttl_s")
                if let seconds = integer(value, path, expected: "an integer number of seconds") {
                    timeToLive = Int(seconds)
                    if seconds < 1 { refuse(.wrongValue(path, expected: "at least 1 second", found: value)) }
                }
            } else {
                refuse(.reserved(key, "is not known in cache; it has mode (use, bypass or refresh) and ttl_s"))
            }
            more = try scanner.nextMember()
        }
        cache = CacheDirective(mode: mode, timeToLiveSeconds: timeToLive)
    }

    private mutating func cacheMode(_ value: JSONValue) -> CacheDirective.Mode? {
        let path = FieldPath(.cache, member: "mode")
        guard expect(value, .string, path, "a string") else { return nil }
        let mode = CacheDirective.Mode(rawValue: JSONText.string(at: value.range, in: bytes))
        if mode == nil { refuse(.wrongValue(path, expected: "\"use\", \"bypass\" or \"refresh\"", found: value)) }
        return mode
    }

    mutating func readStream(_ path: FieldPath) throws(JSONError) {
        let value = try scanner.value()
        guard value.kind != .null, expect(value, .boolean, path, "a boolean") else { return }
        stream = JSONText.boolean(at: value.range, in: bytes) == true
    }

    mutating func readMetadata() throws(JSONError) {
        let value = try scanner.value()
        guard value.kind != .null, expect(value, .object, FieldPath(.metadata), "an object") else { return }
        metadata = value.range
    }

    // MARK: Checks

    /// True if the value is of that kind; else the fault is remembered.
    mutating func expect(_ value: JSONValue, _ kind: JSONKind, _ path: FieldPath, _ expected: StaticString) -> Bool {
        if value.kind == kind { return true }
        refuse(.wrongKind(path, expected: expected, found: value))
        return false
    }

    mutating func integer(_ value: JSONValue, _ path: FieldPath, expected: StaticString) -> Int64? {
        guard expect(value, .number, path, expected) else { return nil }
        let number = JSONText.integer(at: value.range, in: bytes)
        if number == nil { refuse(.wrongValue(path, expected: expected, found: value)) }
        return number
    }

    /// The text of a string value, if it has at most 256 characters and no control characters.
    private mutating func text(_ value: JSONValue, _ path: FieldPath) -> String? {
        let content = JSONString(content: ByteRange(start: value.range.start + 1, end: value.range.end - 1), hasEscapes: value.hasEscapes)
        let text = JSONText.string(content, in: bytes)
        // Control characters can only have come by escapes.
        if value.hasEscapes && text.utf8.contains(where: { $0 < 0x20 }) {
            refuse(.wrongValue(path, expected: "no control characters", found: value))
            return nil
        }
        guard content.content.count <= Self.textLimit || text.unicodeScalars.count <= Self.textLimit else {
            refuse(.wrongValue(path, expected: "at most 256 characters", found: value))
            return nil
        }
        return text
    }
}
