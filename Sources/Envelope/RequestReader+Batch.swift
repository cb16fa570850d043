/// Reading the fields of an OpenAI Batch line, which wraps a provider's body: `{custom_id, method, url, body}`.
extension RequestReader {
    mutating func readMethod() throws(JSONError) {
        let value = try scanner.value()
        guard expect(value, .string, FieldPath(.method), "a string") else { return }
        if !bytes.equals("\"POST\"", at: value.range) {
            refuse(.wrongValue(FieldPath(.method), expected: "\"POST\"", found: value))
        }
    }

    mutating func readURL() throws(JSONError) {
        let value = try scanner.value()
        guard expect(value, .string, FieldPath(.url), "a string") else { return }
        switch JSONText.string(at: value.range, in: bytes) {
        case "/v1/chat/completions": urlType = .chat
        case "/v1/completions": urlType = .completion
        case "/v1/embeddings": urlType = .embedding
        default:
            let remedy: StaticString = "is not one of /v1/chat/completions, /v1/completions and /v1/embeddings, which are supported"
            refuse(.statement(.unsupported, FieldPath(.url), remedy))
        }
    }

    mutating func readBody() throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            return refuse(.wrongKind(FieldPath(.body), expected: "an object", found: try scanner.value()))
        }
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            try readBodyMember(key)
            more = try scanner.nextMember()
        }
    }

    private mutating func readBodyMember(_ key: JSONString) throws(JSONError) {
        let field = field(named: key)
        guard field.isPayload || field == .model || field == .stream else {
            return addProviderSpecific(key, try scanner.value())
        }
        guard seenInBody & field.bit == 0 else {
            _ = try scanner.value()
            return refuse(.duplicate(key))
        }
        seenInBody |= field.bit
        switch field {
        case .model: try readModel(FieldPath(.model, isInBody: true))
        case .stream: try readStream(FieldPath(.stream, isInBody: true))
        default: try readPayload(field, key, isInBody: true)
        }
    }

    /// Remembers what is missing from a batch line or does not belong beside its body.
    mutating func checkBatchLine() {
        for field: RequestField in [.method, .url, .body] where seen & field.bit == 0 {
            return refuse(.statement(.invalidRequest, FieldPath(field), "is missing; a batch line has custom_id, method, url and body"))
        }
        for field in RequestField.allCases where seen & field.bit != 0 {
            if field == .id {
                return refuse(.statement(.invalidRequest, FieldPath(field), "does not belong in a batch line; custom_id is its id"))
            }
            if field == .type {
                return refuse(.statement(.invalidRequest, FieldPath(field), "does not belong in a batch line; its url tells the type"))
            }
            if field.isPayload || field == .model || field == .stream || field == .extra {
                return refuse(.statement(.invalidRequest, FieldPath(field), "does not belong beside a batch line's body; put it inside"))
            }
        }
    }
}
