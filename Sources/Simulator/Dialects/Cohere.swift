internal import Envelope

/// Cohere's API, version 2.
struct CohereDialect: Dialect {
    var keyHeader: String { "authorization" }
    var answersFiltered: Bool { false }
    var streamsArguments: Bool { true }

    // MARK: Requests

    func promptName(_ endpoint: Endpoint) -> StaticString { endpoint == .embedding ? "texts" : "messages" }

    func readPrompt(_ reader: inout ModelRequestReader) throws(JSONError) {
        guard reader.request.endpoint == .embedding else { return try reader.readMessages("messages") }
        _ = try reader.scanner.nextKind()
        let start = reader.scanner.position
        try reader.readInputs("texts")
        reader.request.texts = String(decoding: reader.bytes[ByteRange(start: start, end: reader.scanner.position)], as: UTF8.self)
    }

    func note(_ key: JSONString, _ value: JSONValue, in reader: inout ModelRequestReader) {
        let bytes = reader.bytes
        if bytes.key(key, equals: "model") {
            reader.noteModel(value)
        } else if bytes.key(key, equals: "stream") {
            reader.request.isStreamed = reader.request.endpoint == .chat && reader.boolean("stream", value)
        } else if bytes.key(key, equals: "max_tokens") {
            reader.limitOutput(reader.integer("max_tokens", value, most: ModelRequest.Limit.outputTokens))
        } else if bytes.key(key, equals: "tools") {
            reader.noteTools(value)
        } else if bytes.key(key, equals: "thinking") {
            reader.request.asksForReasoning = reader.tree(value)["type"]?.text == "enabled"
        } else if bytes.key(key, equals: "response_format") {
            let format = reader.tree(value)
            reader.request.wantsJSON = format["type"]?.text == "json_object"
            reader.request.outputSchema = format["json_schema"] ?? format["schema"]
        } else if bytes.key(key, equals: "output_dimension") {
            let dimensions = reader.integer("output_dimension", value, most: ModelRequest.Limit.dimensions)
            reader.request.dimensions = dimensions ?? reader.request.dimensions
        } else if bytes.key(key, equals: "embedding_types") {
            reader.request.vectorForms = reader.tree(value).elements.compactMap(\.text)
        } else if bytes.key(key, equals: "input_type") {
            reader.request.hasInputType = value.kind == .string
        }
    }

    func check(_ reader: inout ModelRequestReader) {
        guard reader.request.endpoint == .embedding else { return }
        let forms = reader.request.vectorForms
        if !reader.request.hasInputType { reader.refuse(.invalid("valid input_type must be provided with the provided model")) }
        if forms.isEmpty { reader.request.vectorForms = ["float"] }
        if !Self.forms.isSuperset(of: forms) {
            reader.refuse(.wrongValue("embedding_types", expected: Self.forms.sorted().joined(separator: ", ")))
        }
    }

    private static let forms: Set<String> = ["float", "int8", "uint8", "binary", "ubinary", "base64"]

    func tools(_ offered: JSONTree) -> [ToolOffer] { OpenAIDialect().tools(offered) }

    // MARK: Heads and errors

    /// Limits are told of trial keys only, and how long to wait is not told at all.
    func appendHeaders(_ head: ResponseHead, to writer: inout ByteWriter) {
        if let identifier = head.identifier {
            writer.append("\r\nx-debug-trace-id: ")
            writer.append(hexadecimal: identifier)
        }
        guard let reading = head.reading.requests else { return }
        writer.append("\r\nx-trial-endpoint-call-limit: ")
        writer.append(reading.limit)
        writer.append("\r\nx-trial-endpoint-call-remaining: ")
        writer.append(reading.remaining)
    }

    func status(_ error: APIError) -> Int {
        switch error.kind {
        case .invalidRequest, .contextLength: 400
        case .noKey, .wrongKey: 401
        case .quotaExhausted: 402
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .wrongMethod: 405
        case .tooLarge: 413
        case .rateLimited: 429
        case .contentFiltered: 498
        case .serverError: 500
        case .overloaded: 503
        }
    }

    func appendError(_ error: APIError, identifier: UInt64?, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"")
        writer.append(hexadecimal: identifier ?? 0)
        writer.append("\",\"message\":")
        writer.appendJSON(words(error))
        writer.append("}")
    }

    private func words(_ error: APIError) -> String {
        switch error.kind {
        case .invalidRequest, .wrongMethod, .tooLarge: "invalid request: \(error.message)"
        case .noKey: "no api key supplied"
        case .wrongKey: "invalid api token"
        case .forbidden: "forbidden: you do not have permission to access this resource"
        case .notFound: "not found"
        case .modelNotFound:
            "model '\(error.model)' not found, make sure the correct model ID was used and that you have access to the model."
        case .rateLimited: "You are past the per minute request limit, please wait and try again later."
        case .quotaExhausted:
            """
            Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue using this model.
            """
        case .serverError: "internal server error"
        case .overloaded: "service unavailable: the model is overloaded, please try again later"
        case .contentFiltered:
            """
            blocked output: please adjust your prompt and try again, as this generation may be a potential violation of our Usage Guidelines \
            (https://docs.cohere.ai/usage-guidelines/).
            """
        case .contextLength:
            """
            too many tokens: total number of tokens in the prompt cannot exceed 128000 - received \(max(error.promptTokens, 128_001)). \
            Try using a shorter prompt, or enabling prompt truncating.
            """
        }
    }
}
