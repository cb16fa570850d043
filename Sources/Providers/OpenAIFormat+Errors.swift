import Envelope

extension OpenAIFormat {
    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let report = ProviderErrorBody(body)
        // In a stream, and from servers that always answer 200, the status is in the body.
        let status = (200..<300).contains(status) ? report.status ?? status : status
        var retryAfter = RetryAfter.milliseconds(header: header, now: now)
        if status == 429, retryAfter == nil { retryAfter = rateLimits(header: header, now: now).exhaustedFor }
        return ErrorAnswer.error(
            Self.code(status: status, report: report), status: status, said: report.message, body: body,
            shouldRetry: header("x-should-retry"), retryAfter: retryAfter)
    }

    static func code(status: Int, report: ProviderErrorBody) -> ErrorCode {
        // "server_error" says less than 503 or 504 do.
        if let code = report.code.flatMap(code(identifier:)) ?? report.type.flatMap(code(identifier:)), code != .serverError || status < 501
        {
            return refined(code, report)
        }
        if (200..<300).contains(status) && report.type == "invalid_request_error" { return .providerInvalidRequest }
        if (status == 400 || status == 413 || status == 422), report.speaksOfContextLength { return .contextLength }
        return refined(ErrorAnswer.code(status: status), report)
    }

    /// Corrects a rate limit that no waiting can satisfy: a request that alone is larger than the limit.
    private static func refined(_ code: ErrorCode, _ report: ProviderErrorBody) -> ErrorCode {
        code == .rateLimited && report.message?.hasPrefix("Request too large for") == true ? .requestTooLarge : code
    }

    /// What OpenAI's error codes and types mean, where they tell more than the status.
    private static func code(identifier: String) -> ErrorCode? {
        switch identifier {
        case "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded", "billing_hard_limit_reached", "billing_not_active":
            .quotaExhausted
        case "context_length_exceeded": .contextLength
        case "content_filter", "content_policy_violation": .contentFiltered
        case "rate_limit_exceeded", "slow_down": .rateLimited
        case "invalid_api_key": .auth
        case "model_not_found": .notFound
        case "server_error": .serverError
        default: nil
        }
    }

    // MARK: Rate limits

    /// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets being durations such as `6m0s`. Azure may send -1 or 0,
    /// which says nothing.
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] {
        [("requests", RateLimitReading.Unit.requests), ("tokens", .tokens)].compactMap { name, unit in
            guard let limit = header("x-ratelimit-limit-\(name)").flatMap({ Int($0) }), limit > 0,
                let remaining = header("x-ratelimit-remaining-\(name)").flatMap({ Int($0) }), remaining >= 0
            else { return nil }
            return RateLimitReading(
                unit: unit, limit: limit, remaining: remaining,
                resetMilliseconds: header("x-ratelimit-reset-\(name)").flatMap(GoDuration.milliseconds))
        }
    }
}
