import Envelope

extension AnthropicFormat {
    /// https://platform.claude.com/docs/en/api/errors
    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let report = ProviderErrorBody(body)
        var retryAfter = RetryAfter.milliseconds(header: header, now: now)
        let code = Self.code(status: status, report: report, detail: Self.detail(body), isToWait: retryAfter != nil)
        if status == 429, retryAfter == nil { retryAfter = rateLimits(header: header, now: now).exhaustedFor }
        return ErrorAnswer.error(
            code, status: status, said: report.message, body: body, shouldRetry: header("x-should-retry"), retryAfter: retryAfter)
    }

    private static func code(status: Int, report: ProviderErrorBody, detail: String?, isToWait: Bool) -> ErrorCode {
        if let code = detail.flatMap(code(detail:)) { return code }
        if let message = report.message?.lowercased(), let code = code(message: message, isToWait: isToWait) { return code }
        switch report.type {
        case "authentication_error": return .auth
        case "billing_error": return .quotaExhausted
        case "permission_error": return .permission
        case "not_found_error": return .notFound
        case "request_too_large": return .requestTooLarge
        case "rate_limit_error": return .rateLimited
        case "timeout_error": return .timeout
        case "overloaded_error": return .overloaded
        // Both stand beside several statuses, which then tell more.
        case "invalid_request_error" where status < 300: return .providerInvalidRequest
        case "api_error" where status < 300: return .serverError
        default: return ErrorAnswer.code(status: status)
        }
    }

    /// The word for programs, which only some errors have: `error.details.error_code`.
    private static func detail(_ body: UnsafeRawBufferPointer) -> String? {
        guard let value = try? JSONText.value(at: ["error", "details", "error_code"], in: body), value.kind == .string else { return nil }
        return JSONText.string(at: value.range, in: body)
    }

    private static func code(detail: String) -> ErrorCode? {
        switch detail {
        case "enforced_spend_limit_reached", "contract_spend_limit_reached", "linked_organization_spend_limit_reached",
            "linked_organization_billing_unavailable":
            .quotaExhausted
        case "ramp_limit_exceeded": .rateLimited
        case "organization_on_hold": .permission
        case "request_body_too_large_after_decoding": .requestTooLarge
        default: nil
        }
    }

    /// What only the sentence tells.
    ///
    /// - Parameters:
    ///   - message: in lower case.
    ///   - isToWait: whether the answer says how long to wait; a limit on money that does so is over then.
    private static func code(message: String, isToWait: Bool) -> ErrorCode? {
        if message.contains("credit balance is too low") { return .quotaExhausted }
        if message.hasPrefix("you have reached your"), message.contains("usage limits"), !isToWait { return .quotaExhausted }
        if message.contains("prompt is too long") || message.contains("exceed context limit") || message.contains("maximum context length")
        {
            return .contextLength
        }
        return message.contains("output blocked by content filtering policy") ? .contentFiltered : nil
    }

    // MARK: Rate limits

    /// Reads `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, resets being RFC 3339 times.
    /// https://platform.claude.com/docs/en/api/rate-limits
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] {
        let units: [(String, RateLimitReading.Unit)] = [
            ("requests", .requests), ("tokens", .tokens), ("input-tokens", .inputTokens), ("output-tokens", .outputTokens),
        ]
        return units.compactMap { name, unit in
            guard let limit = header("anthropic-ratelimit-\(name)-limit").flatMap({ Int($0) }), limit > 0,
                let remaining = header("anthropic-ratelimit-\(name)-remaining").flatMap({ Int($0) }), remaining >= 0
            else { return nil }
            let reset = header("anthropic-ratelimit-\(name)-reset").flatMap(Self.milliseconds)
            return RateLimitReading(
                unit: unit, window: .minute, limit: limit, remaining: remaining, resetMilliseconds: reset.map { Int(max($0 - now, 0)) })
        }
    }

    /// Unix milliseconds of an RFC 3339 time.
    private static func milliseconds(_ time: String) -> Int64? {
        var time = time
        return time.withUTF8 { Timestamp.milliseconds(parsing: UnsafeRawBufferPointer($0)) }
    }
}
