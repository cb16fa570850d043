package import Envelope

/// The wire format of Cerebras: OpenAI's, with its own rules for lengths, reasoning, errors and rate limits.
/// https://inference-docs.cerebras.ai/api-reference/chat-completions
package struct CerebrasFormat: WireFormat {
    package let name = "cerebras"
    package let defaultBaseURL = "https://api.cerebras.ai/v1"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? {
        switch type {
        case .chat: "/chat/completions"
        case .completion: "/completions"
        case .embedding: nil
        }
    }

    package func headers(key: String?, organization: String?) -> [HTTPField] {
        OpenAIFormat().headers(key: key, organization: nil)
    }

    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        try CerebrasRequestWriter.write(call, into: &writer)
    }

    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        let result = try OpenAIFormat.decode(type, body, classify: classify(streamed:))
        guard type == .chat, body.quotes(anyOf: ["reasoning"]), let answer = try? JSONView(parsing: body) else { return result }
        return try renamed(answer)
    }

    package func makeStreamReader(_ type: RequestType) -> any StreamReader {
        OpenAIStreamReader(type, classify: classify(streamed:))
    }

    /// An answer put together anew, because Cerebras calls `reasoning` what is `reasoning_content` here.
    private func renamed(_ answer: JSONView) throws(ProviderError) -> ProviderResult {
        var builder = AnswerBuilder(.chat)
        if let model = answer["model"], model.kind == .string { builder.model(model.json) }
        builder.usage = answer["usage"].flatMap(OpenAIUsage.read)
        let reader = OpenAIStreamReader(.chat, classify: classify(streamed:))
        try answer["choices"]?.forEachElement { (choice: JSONView) throws(ProviderError) in try reader.read(choice, into: &builder) }
        return try builder.result()
    }

    // MARK: Errors

    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let report = ProviderErrorBody(body)
        let code =
            switch report.code {
            case "queue_exceeded": ErrorCode.overloaded
            case "request_quota_exceeded", "token_quota_exceeded": ErrorCode.rateLimited
            case "wrong_api_key": ErrorCode.auth
            default: OpenAIFormat.code(status: status, report: report)
            }
        var retryAfter = RetryAfter.milliseconds(header: header, now: now)
        if status == 429 {
            let limits = rateLimits(header: header, now: now)
            if let reset = limits.exhaustedFor {
                // A limit of a day may be used up longer than `retry-after` says.
                retryAfter = max(retryAfter ?? 0, reset)
            } else if retryAfter == nil, report.message?.hasPrefix("Tokens per minute") == true {
                // What is left is too little for this call.
                retryAfter = limits.first { $0.unit == .tokens && $0.window == .minute }?.resetMilliseconds
            }
        }
        return ErrorAnswer.error(
            code, status: status, said: report.message, body: body, shouldRetry: header("x-should-retry"), retryAfter: retryAfter)
    }

    /// Judges an error that comes with the status of a success: `{"error":{…},"status_code":429}`.
    private func classify(streamed body: UnsafeRawBufferPointer) -> ProviderError {
        let said = (try? JSONView(parsing: body))?["status_code"]?.integer
        return classify(status: said.flatMap { (400..<600).contains($0) ? $0 : nil } ?? 200, header: { _ in nil }, body: body, now: 0)
    }

    // MARK: Rate limits

    private static let limits: [(name: String, unit: RateLimitReading.Unit, window: RateLimitReading.Window)] = [
        ("requests-minute", .requests, .minute), ("requests-hour", .requests, .hour), ("requests-day", .requests, .day),
        ("tokens-minute", .tokens, .minute), ("tokens-hour", .tokens, .hour), ("tokens-day", .tokens, .day),
    ]

    /// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}-{minute,hour,day}`, resets being seconds such as `33011.38`.
    /// Documented are those of requests in a day and of tokens in a minute.
    /// https://inference-docs.cerebras.ai/support/rate-limits
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] {
        Self.limits.compactMap { name, unit, window in
            guard let remaining = header("x-ratelimit-remaining-\(name)").flatMap({ Int($0) }) else { return nil }
            return RateLimitReading(
                unit: unit, window: window, limit: header("x-ratelimit-limit-\(name)").flatMap { Int($0) }, remaining: remaining,
                resetMilliseconds: header("x-ratelimit-reset-\(name)").flatMap(RetryAfter.milliseconds(seconds:)))
        }
    }
}
