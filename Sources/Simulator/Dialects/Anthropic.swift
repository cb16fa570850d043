internal import Envelope

/// Anthropic's Messages API.
struct AnthropicDialect: Dialect {
    var keyHeader: String { "x-api-key" }
    var requiredHeader: String? { "anthropic-version" }
    var answersFiltered: Bool { true }
    var streamsArguments: Bool { true }

    // MARK: Requests

    func promptName(_ endpoint: Endpoint) -> StaticString { "messages" }

    func readPrompt(_ reader: inout ModelRequestReader) throws(JSONError) {
        try reader.readMessages("messages")
    }

    func note(_ key: JSONString, _ value: JSONValue, in reader: inout ModelRequestReader) {
        let bytes = reader.bytes
        if bytes.key(key, equals: "model") {
            reader.noteModel(value)
        } else if bytes.key(key, equals: "system") {
            reader.noteInstructions(value)
        } else if bytes.key(key, equals: "stream") {
            reader.request.isStreamed = reader.boolean("stream", value)
        } else if bytes.key(key, equals: "max_tokens") {
            reader.limitOutput(reader.integer("max_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "tools") {
            reader.noteTools(value)
        } else if bytes.key(key, equals: "thinking") {
            if reader.tree(value)["type"]?.text != "disabled" { reader.request.asksForReasoning = true }
        } else if bytes.key(key, equals: "output_config") {
            noteOutput(reader.tree(value), in: &reader)
        }
    }

    private func noteOutput(_ output: JSONTree, in reader: inout ModelRequestReader) {
        if output["effort"]?.text != nil { reader.request.asksForReasoning = true }
        guard let schema = output["format"]?["schema"] else { return }
        reader.request.wantsJSON = true
        reader.request.outputSchema = schema
    }

    func check(_ reader: inout ModelRequestReader) {
        if reader.request.outputLimit == nil { reader.refuse(.missing("max_tokens")) }
    }

    func tools(_ offered: JSONTree) -> [ToolOffer] {
        offered.elements.compactMap { tool in
            guard let name = tool["name"]?.text, let schema = tool["input_schema"] else { return nil }
            return ToolOffer(name: name, schema: schema)
        }
    }

    // MARK: Heads and errors

    func appendHeaders(_ head: ResponseHead, to writer: inout ByteWriter) {
        if let identifier = head.identifier {
            writer.append("\r\nrequest-id: req_")
            writer.append(hexadecimal: identifier)
        }
        writer.append("\r\nanthropic-organization-id: 00000000-0000-4000-8000-000000000000")
        appendLimit("requests", head.reading.requests ?? .unlimited, head.time, to: &writer)
        appendLimit("tokens", head.reading.tokens ?? .unlimited, head.time, to: &writer)
        for name: StaticString in ["input-tokens", "output-tokens"] { appendLimit(name, .unlimited, head.time, to: &writer) }
        guard let error = head.error else { return }
        if let retryAfter = error.retryAfterMilliseconds {
            writer.append("\r\nretry-after: ")
            writer.append((retryAfter + 999) / 1000)
        }
        switch error.kind {
        case .rateLimited, .serverError, .overloaded: writer.append("\r\nx-should-retry: true")
        default: writer.append("\r\nx-should-retry: false")
        }
    }

    /// Resets are points in time.
    private func appendLimit(
        _ name: StaticString, _ reading: TokenBucket.Reading, _ time: Int, to writer: inout ByteWriter
    ) {
        func appendName(_ end: StaticString, to writer: inout ByteWriter) {
            writer.append("\r\nanthropic-ratelimit-")
            writer.append(name)
            writer.append(end)
        }
        appendName("-limit: ", to: &writer)
        writer.append(reading.limit)
        appendName("-remaining: ", to: &writer)
        writer.append(reading.remaining)
        appendName("-reset: ", to: &writer)
        let untilFull = Int64((reading.timeUntilFull / .seconds(1)).rounded(.up))
        writer.appendTimestamp(milliseconds: (Int64(time) + untilFull) * 1000)
    }

    func status(_ error: APIError) -> Int {
        switch error.kind {
        case .invalidRequest, .contextLength, .contentFiltered: 400
        case .noKey, .wrongKey: 401
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .wrongMethod: 405
        case .tooLarge: 413
        case .rateLimited, .quotaExhausted: 429
        case .serverError: 500
        case .overloaded: 529
        }
    }

    func appendError(_ error: APIError, identifier: UInt64?, to writer: inout ByteWriter) {
        let (type, message) = words(error)
        writer.append("{\"type\":\"error\",\"error\":{\"type\":\"")
        writer.append(type)
        writer.append("\",\"message\":")
        writer.appendJSON(message)
        if error.kind == .quotaExhausted { writer.append(",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}") }
        writer.append("},\"request_id\":\"req_")
        writer.append(hexadecimal: identifier ?? 0)
        writer.append("\"}")
    }

    private func words(_ error: APIError) -> (type: StaticString, message: String) {
        switch error.kind {
        case .invalidRequest where error.code?.description == "missing_required_parameter":
            ("invalid_request_error", "\(error.parameter ?? ""): Field required")
        case .invalidRequest, .wrongMethod, .contentFiltered: ("invalid_request_error", error.message)
        case .noKey: ("authentication_error", "x-api-key header is required")
        case .wrongKey: ("authentication_error", "invalid x-api-key")
        case .forbidden: ("permission_error", "Your API key does not have permission to use the specified resource.")
        case .notFound: ("not_found_error", "Not found")
        case .modelNotFound: ("not_found_error", "model: \(error.model)")
        case .tooLarge: ("request_too_large", "Request exceeds the maximum size")
        case .rateLimited: ("rate_limit_error", "This request would exceed your organization's rate limit of requests per minute.")
        case .quotaExhausted: ("rate_limit_error", "You have reached your specified API usage limits.")
        case .serverError: ("api_error", "Internal server error")
        case .overloaded: ("overloaded_error", "Overloaded")
        case .contextLength:
            ("invalid_request_error", "prompt is too long: \(max(error.promptTokens, 200_001)) tokens > 200000 maximum")
        }
    }
}
