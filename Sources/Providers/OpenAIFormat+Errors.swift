import Envelope

extension OpenAIFormat {
    static func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let report = ProviderErrorBody(body)
        let code = code(status: status, report: report)
        return ProviderError(
            code: code, message: message(status: status, report: report, body: body),
            retryable: isRetryable(code, shouldRetry: header("x-should-retry")),
            retryAfterMilliseconds: RetryAfter.milliseconds(header: header, now: now), status: status)
    }

    // MARK: Code

    private static func code(status: Int, report: ProviderErrorBody) -> ErrorCode {
        // "server_error" says less than 503 or 504 do.
        if let code = report.code.flatMap(code(identifier:)) ?? report.type.flatMap(code(identifier:)), code != .serverError || status < 501
        {
            return refined(code, report)
        }
        if (200..<300).contains(status) && report.type == "invalid_request_error" { return .providerInvalidRequest }
        if (status == 400 || status == 413 || status == 422), report.speaksOfContextLength { return .contextLength }
        return refined(code(status: status), report)
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

    private static func code(status: Int) -> ErrorCode {
        switch status {
        case 401: .auth
        case 402: .quotaExhausted
        case 403: .permission
        case 404: .notFound
        case 408, 504: .timeout
        case 409, 425, 499, 503, 529: .overloaded
        case 413: .requestTooLarge
        case 429: .rateLimited
        case 300..<500: .providerInvalidRequest
        default: .serverError
        }
    }

    /// The provider's explicit word counts, except that what can only fail again is never retried.
    private static func isRetryable(_ code: ErrorCode, shouldRetry: String?) -> Bool {
        switch code {
        case .quotaExhausted, .contextLength, .contentFiltered, .requestTooLarge: return false
        default: break
        }
        switch shouldRetry {
        case "true": return true
        case "false": return false
        default: return code.retryable
        }
    }

    // MARK: Message

    private static func message(status: Int, report: ProviderErrorBody, body: UnsafeRawBufferPointer) -> String {
        let said = report.message ?? String(decoding: body.prefix(messageLimit * 2), as: UTF8.self)
        let masked = SecretMask.masked(said).prefix(utf8: messageLimit)
        if masked.isEmpty { return "the provider answered with status \(status) and no explanation" }
        let hint = (300..<400).contains(status) ? " (redirects are not followed; check base_url)" : ""
        return "the provider answered with status \(status)\(hint): \(masked)"
    }

    private static let messageLimit = 500
}

extension String {
    /// The longest beginning of the string that has at most `limit` bytes of UTF-8.
    fileprivate func prefix(utf8 limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        let cut = utf8.index(utf8.startIndex, offsetBy: limit)
        return self[..<unicodeScalars.index(before: unicodeScalars.index(after: cut))]
    }
}
