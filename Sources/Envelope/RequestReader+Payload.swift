/// Reading the fields that are passed on to the provider: their structure is checked, their bytes stay where they are.
extension RequestReader {
    /// Most provider-specific fields in one request.
    private static var providerSpecificLimit: Int { 256 }

    mutating func readPayload(_ field: RequestField, _ key: JSONString, isInBody: Bool) throws(JSONError) {
        let path = FieldPath(field, isInBody: isInBody)
        let value: ByteRange
        switch field {
        case .messages: value = try readMessages(path)
        case .tools: value = try readObjects(path)
        default:
            let scanned = try scanner.value()
            check(scanned, path)
            value = scanned.range
        }
        payload.append(PayloadField(field: field, key: key.quoted, value: value))
    }

    /// Reads `extra`, whose members join the payload.
    mutating func readExtra() throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            let value = try scanner.value()
            if value.kind != .null { refuse(.wrongKind(FieldPath(.extra), expected: "an object", found: value)) }
            return
        }
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            addProviderSpecific(key, value)
            more = try scanner.nextMember()
        }
    }

    /// Adds a field that Switchyard passes on without knowing it.
    mutating func addProviderSpecific(_ key: JSONString, _ value: JSONValue) {
        hasProviderSpecificFields = true
        if bytes.key(key, equals: "model") || bytes.key(key, equals: "stream") {
            refuse(.reserved(key, "does not belong in extra; give it at the top level"))
        } else if bytes.key(key, equals: "stream_options") {
            refuse(.reserved(key, "is set by Switchyard itself; leave it out"))
        } else if payload.count >= Self.providerSpecificLimit {
            refuse(.reserved(key, "is one too many; give at most 256 fields for the provider"))
        } else {
            payload.append(PayloadField(field: .other, key: key.quoted, value: value.range))
        }
    }

    /// Remembers the first payload field whose name stands twice, as in the top level and in `extra`.
    mutating func refuseDuplicatePayload() {
        var names = Set(payload.filter { $0.field != .other }.map { $0.field.name.description })
        for field in payload where field.field == .other && !names.insert(JSONText.string(at: field.key, in: bytes)).inserted {
            let content = ByteRange(start: field.key.start + 1, end: field.key.end - 1)
            return refuse(.duplicate(JSONString(content: content, hasEscapes: false)))
        }
    }

    // MARK: Structure

    private mutating func readMessages(_ path: FieldPath) throws(JSONError) -> ByteRange {
        guard try scanner.nextKind() == .array else { return try refuseValue(path, expected: "an array of messages") }
        let start = scanner.position
        var more = try scanner.openArray()
        if !more { refuse(.statement(.invalidRequest, path, "is empty; give at least one message")) }
        var index = 0
        while more {
            try readMessage(FieldPath(.messages, isInBody: path.isInBody, index: index))
            index += 1
            more = try scanner.nextElement()
        }
        return ByteRange(start: start, end: scanner.position)
    }

    private mutating func readMessage(_ path: FieldPath) throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            _ = try refuseValue(path, expected: "an object with a role")
            return
        }
        var hasRole = false
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: "role") {
                hasRole = true
                if value.kind != .string { refuse(.wrongKind(path.member("role"), expected: "a string", found: value)) }
            } else if bytes.key(key, equals: "content") {
                if value.kind != .string && value.kind != .array && value.kind != .null {
                    refuse(.wrongKind(path.member("content"), expected: "a string, an array or null", found: value))
                }
            }
            more = try scanner.nextMember()
        }
        if !hasRole { refuse(.statement(.invalidRequest, path.member("role"), "is missing; give each message a role such as \"user\"")) }
    }

    /// Reads an array whose elements must all be objects; null counts as not given.
    private mutating func readObjects(_ path: FieldPath) throws(JSONError) -> ByteRange {
        let kind = try scanner.nextKind()
        if kind == .null { return try scanner.value().range }
        guard kind == .array else { return try refuseValue(path, expected: "an array of objects") }
        let start = scanner.position
        var more = try scanner.openArray()
        var index = 0
        while more {
            let element = try scanner.value()
            if element.kind != .object {
                let place = FieldPath(path.field, isInBody: path.isInBody, index: index)
                refuse(.wrongKind(place, expected: "an object", found: element))
            }
            index += 1
            more = try scanner.nextElement()
        }
        return ByteRange(start: start, end: scanner.position)
    }

    private mutating func refuseValue(_ path: FieldPath, expected: StaticString) throws(JSONError) -> ByteRange {
        let value = try scanner.value()
        refuse(.wrongKind(path, expected: expected, found: value))
        return value.range
    }

    /// Checks the kind of a field whose inside is the provider's business. Null stands for "not given", as it does for the providers.
    private mutating func check(_ value: JSONValue, _ path: FieldPath) {
        if value.kind == .null && path.field != .prompt && path.field != .input { return }
        let expected: StaticString
        let isFitting: Bool
        switch path.field {
        case .temperature, .topP, .presencePenalty, .frequencyPenalty:
            (expected, isFitting) = ("a number", value.kind == .number)
        case .maxTokens, .maxCompletionTokens, .seed, .n, .topLogprobs, .dimensions, .topK:
            (expected, isFitting) = ("an integer", value.kind == .number)
            if isFitting && JSONText.integer(at: value.range, in: bytes) == nil {
                return refuse(.wrongValue(path, expected: expected, found: value))
            }
        case .prompt, .input:
            (expected, isFitting) = ("a string or an array", value.kind == .string || value.kind == .array)
            if value.kind == .array && bytes.isEmptyArray(at: value.range) {
                return refuse(.statement(.invalidRequest, path, "is an empty array; give at least one element"))
            }
        case .stop: (expected, isFitting) = ("a string or an array of strings", value.kind == .string || value.kind == .array)
        case .logitBias, .responseFormat, .thinking: (expected, isFitting) = ("an object", value.kind == .object)
        case .logprobs: (expected, isFitting) = ("a boolean or an integer", value.kind == .boolean || value.kind == .number)
        case .parallelToolCalls: (expected, isFitting) = ("a boolean", value.kind == .boolean)
        case .toolChoice: (expected, isFitting) = ("a string or an object", value.kind == .string || value.kind == .object)
        default: (expected, isFitting) = ("a string", value.kind == .string)
        }
        if !isFitting { refuse(.wrongKind(path, expected: expected, found: value)) }
    }
}

extension FieldPath {
    func member(_ name: StaticString) -> FieldPath {
        FieldPath(field, isInBody: isInBody, index: index, member: name)
    }
}

extension UnsafeRawBufferPointer {
    /// True if nothing but white space stands between an array's brackets.
    fileprivate func isEmptyArray(at range: ByteRange) -> Bool {
        self[ByteRange(start: range.start + 1, end: range.end - 1)].allSatisfy { $0 <= 0x20 }
    }
}
