package import Envelope

/// The wire format of Cohere's API, version 2.
/// https://docs.cohere.com/v2/reference/chat and https://docs.cohere.com/v2/reference/embed
package struct CohereFormat: WireFormat {
    package let name = "cohere"
    package let defaultBaseURL = "https://api.cohere.com/v2"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? {
        switch type {
        case .chat: "/chat"
        case .embedding: "/embed"
        case .completion: nil
        }
    }

    package func headers(key: String?, organization: String?) -> [HTTPField] {
        var headers = [HTTPField(name: "content-type", value: "application/json")]
        if let key, !key.isEmpty { headers.append(HTTPField(name: "authorization", value: "Bearer \(key)")) }
        return headers
    }

    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        var request = CohereRequestWriter()
        switch call.request.type {
        case .chat: try request.writeChat(call, into: &writer)
        case .embedding: try request.writeEmbedding(call, into: &writer)
        case .completion: throw .unsupported(name, "completions", "give messages instead of a prompt")
        }
    }

    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        let answer: JSONView
        do {
            answer = try JSONView(parsing: body)
        } catch {
            throw .notJSON(error)
        }
        guard answer.kind == .object else { throw .malformed("it is \(answer.kind.description)", type) }
        // An answer's message is an object, an error's a text.
        if answer["message"]?.kind == .string { throw Self.streamedError(body) }
        return type == .embedding ? try CohereAnswerReader.embeddings(answer) : try CohereAnswerReader.message(answer, type)
    }

    package func makeStreamReader(_ type: RequestType) -> any StreamReader { CohereStreamReader() }

    // MARK: Errors

    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let said = ProviderErrorBody(body).message
        return ErrorAnswer.error(
            Self.code(status: status, said: said?.lowercased() ?? ""), status: status, said: said, body: body,
            retryAfter: RetryAfter.milliseconds(header: header, now: now))
    }

    /// Judges an error that comes with the status of a success.
    static func streamedError(_ body: UnsafeRawBufferPointer) -> ProviderError {
        CohereFormat().classify(status: 200, header: { _ in nil }, body: body, now: 0)
    }

    /// https://docs.cohere.com/reference/errors; 498 and 501 as in the API's specification.
    private static func code(status: Int, said: String) -> ErrorCode {
        switch status {
        case 400, 422:
            if said.contains("too many tokens") && !said.contains("max tokens must be") { return .contextLength }
            return said.contains("maximum context length") || said.contains("context window") ? .contextLength : .providerInvalidRequest
        // Trial keys have a number of calls per month, which no wait within a request's life brings back.
        case 429: return said.contains("/ month") || said.contains("/month") || said.contains("per month") ? .quotaExhausted : .rateLimited
        // The request or its answer has a token from a list of forbidden ones.
        case 498: return .contentFiltered
        // Cancelled, although not by us.
        case 499: return .serverError
        // The requested feature does not exist.
        case 501: return .unsupported
        default: return ErrorAnswer.code(status: status)
        }
    }

    // MARK: Rate limits

    /// Only trial keys get `x-trial-endpoint-call-{limit,remaining}`, for a minute; refused calls have neither.
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] {
        guard let remaining = header("x-trial-endpoint-call-remaining").flatMap({ Int($0) }), remaining >= 0 else { return [] }
        let limit = header("x-trial-endpoint-call-limit").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        return [RateLimitReading(unit: .requests, window: .minute, limit: limit, remaining: remaining, resetMilliseconds: nil)]
    }
}
