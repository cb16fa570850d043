internal import Envelope

/// OpenAI's API, and Cerebras', which has the same paths and members and other headers and errors.
struct OpenAIDialect: Dialect {
    enum Flavour {
        case openAI
        case cerebras
    }

    var flavour = Flavour.openAI

    var keyHeader: String { "authorization" }
    var answersFiltered: Bool { false }
    var streamsArguments: Bool { true }

    // MARK: Requests

    func promptName(_ endpoint: Endpoint) -> StaticString {
        switch endpoint {
        case .chat: "messages"
        case .completion: "prompt"
        case .embedding: "input"
        }
    }

    func readPrompt(_ reader: inout ModelRequestReader) throws(JSONError) {
        let endpoint = reader.request.endpoint
        if endpoint == .chat {
            try reader.readMessages("messages", joinsParts: false)
        } else {
            try reader.readInputs(promptName(endpoint))
        }
    }

    func note(_ key: JSONString, _ value: JSONValue, in reader: inout ModelRequestReader) {
        let bytes = reader.bytes
        if bytes.key(key, equals: "model") {
            reader.noteModel(value)
        } else if bytes.key(key, equals: "stream") {
            reader.request.isStreamed = reader.request.endpoint != .embedding && reader.boolean("stream", value)
        } else if bytes.key(key, equals: "stream_options") {
            noteStreamOptions(value, in: &reader)
        } else if bytes.key(key, equals: "max_tokens") {
            reader.limitOutput(reader.integer("max_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "max_completion_tokens") {
            reader.limitOutput(reader.integer("max_completion_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "n") {
            _ = reader.integer("n", value, most: 1)
        } else if bytes.key(key, equals: "tools") {
            reader.noteTools(value)
        } else if bytes.key(key, equals: "response_format") {
            noteFormat(reader.tree(value), in: &reader)
        } else if bytes.key(key, equals: "reasoning_effort") {
            reader.request.asksForReasoning = !bytes.equals("\"none\"", at: value.range)
        } else if bytes.key(key, equals: "dimensions") {
            let dimensions = reader.integer("dimensions", value, most: ModelRequest.Limit.dimensions)
            reader.request.dimensions = dimensions ?? reader.request.dimensions
        } else if bytes.key(key, equals: "encoding_format") {
            reader.request.isBase64 = bytes.equals("\"base64\"", at: value.range)
            guard reader.request.isBase64 || bytes.equals("\"float\"", at: value.range) else {
                return reader.refuse(.wrongValue("encoding_format", expected: "\"float\" or \"base64\""))
            }
        }
    }

    private func noteStreamOptions(_ value: JSONValue, in reader: inout ModelRequestReader) {
        guard value.kind == .object else {
            return reader.refuse(.wrongType("stream_options", expected: "an object", found: value.kind))
        }
        let options = reader.bytes[value.range]
        let option = try? JSONText.value("include_usage", in: options)
        reader.request.includesUsage = option.flatMap { JSONText.boolean(at: $0.range, in: options) } ?? false
    }

    private func noteFormat(_ format: JSONTree, in reader: inout ModelRequestReader) {
        switch format["type"]?.text {
        case "json_object": reader.request.wantsJSON = true
        case "json_schema":
            reader.request.wantsJSON = true
            reader.request.outputSchema = format["json_schema"]?["schema"]
        default: break
        }
    }

    func check(_ reader: inout ModelRequestReader) {
        // Cerebras' last chunk has the usage, whether it is asked for or not.
        if flavour == .cerebras { reader.request.includesUsage = true }
    }

    var missingModel: APIError { .invalid("you must provide a model parameter") }

    func tools(_ offered: JSONTree) -> [ToolOffer] {
        offered.elements.compactMap { tool in
            guard let function = tool["function"], let name = function["name"]?.text else { return nil }
            return ToolOffer(name: name, schema: function["parameters"] ?? .null)
        }
    }

    // MARK: Heads and errors

    func appendHeaders(_ head: ResponseHead, to writer: inout ByteWriter) {
        if flavour == .cerebras { return Self.appendCerebrasHeaders(head, to: &writer) }
        writer.append("\r\nopenai-version: 2020-10-01")
        if let identifier = head.identifier {
            writer.append("\r\nx-request-id: req_")
            writer.append(hexadecimal: identifier)
        }
        if let processingTime = head.processingTime {
            writer.append("\r\nopenai-processing-ms: ")
            writer.append(Int(processingTime / .milliseconds(1)))
        }
        writer.appendLimit("requests", head.reading.requests) { $1.append(goDuration: $0) }
        writer.appendLimit("tokens", head.reading.tokens) { $1.append(goDuration: $0) }
        if let retryAfter = head.error?.retryAfterMilliseconds {
            writer.append("\r\nretry-after: ")
            writer.append((retryAfter + 999) / 1000)
            writer.append("\r\nretry-after-ms: ")
            writer.append(retryAfter)
        }
    }

    func status(_ error: APIError) -> Int {
        switch error.kind {
        case .invalidRequest, .contextLength, .contentFiltered: 400
        case .noKey, .wrongKey: 401
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .wrongMethod: 405
        case .tooLarge: 413
        case .rateLimited: 429
        case .quotaExhausted: flavour == .cerebras ? 402 : 429
        case .serverError: 500
        case .overloaded: 503
        }
    }

    private func type(_ kind: APIError.Kind) -> StaticString {
        switch kind {
        case .rateLimited: "requests"
        case .quotaExhausted: "insufficient_quota"
        case .serverError, .overloaded: "server_error"
        default: "invalid_request_error"
        }
    }

    func appendError(_ error: APIError, identifier: UInt64?, to writer: inout ByteWriter) {
        if flavour == .cerebras { return Self.appendCerebrasError(error, to: &writer) }
        writer.append("{\"error\":{\"message\":")
        writer.appendJSON(error.message)
        writer.append(",\"type\":\"")
        writer.append(type(error.kind))
        writer.append("\",\"param\":")
        writer.appendJSON(error.parameter)
        writer.append(",\"code\":")
        writer.appendJSON(error.code)
        writer.append("}}")
    }
}

extension ByteWriter {
    /// Appends a plain text as a JSON string, or null.
    mutating func appendJSON(_ text: StaticString?) {
        guard let text else { return append("null") }
        append("\"")
        append(text)
        append("\"")
    }
}
