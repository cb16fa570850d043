internal import Envelope
internal import Glibc
internal import NIOHTTP1

extension APIError {
    // MARK: The request's fault

    static func invalid(_ message: String, parameter: StaticString? = nil, code: StaticString? = nil) -> APIError {
        APIError(.invalidRequest, message: message, parameter: parameter, code: code)
    }

    static func unreadable(_ error: JSONError) -> APIError {
        invalid("We could not parse the JSON body of your request: \(error.message).")
    }

    static func missing(_ parameter: StaticString) -> APIError {
        invalid("Missing required parameter: '\(parameter)'.", parameter: parameter, code: "missing_required_parameter")
    }

    static func wrongType(_ parameter: StaticString, expected: StaticString, found: JSONKind) -> APIError {
        invalid(
            "Invalid type for '\(parameter)': expected \(expected), but got \(found.description) instead.", parameter: parameter,
            code: "invalid_type")
    }

    static func wrongValue(_ parameter: StaticString, expected: String) -> APIError {
        invalid("Invalid value for '\(parameter)': expected \(expected).", parameter: parameter, code: "invalid_value")
    }

    static func tooLarge(limit: Int) -> APIError {
        APIError(.tooLarge, message: "The request's body is larger than \(limit) bytes.")
    }

    static func unknown(_ method: HTTPMethod, uri: String) -> APIError {
        APIError(.notFound, message: "Invalid URL (\(method.rawValue) \(uri))")
    }

    static func wrongMethod(_ method: HTTPMethod, uri: String) -> APIError {
        APIError(
            .wrongMethod, message: "Not allowed to \(method.rawValue) on \(uri). (HINT: Perhaps you meant to use a different HTTP method?)",
            code: "method_not_supported")
    }

    static let noKey = APIError(
        .noKey,
        message: "You didn't provide an API key. Give the one of --api-key in an Authorization header: Authorization: Bearer YOUR_KEY")

    static let wrongKey = APIError(
        .wrongKey, message: "Incorrect API key provided. The simulator accepts only the one of its --api-key.", code: "invalid_api_key")

    // MARK: The provider's fault

    /// What a fault is answered with; nil for those that are no error in form.
    ///
    /// - Parameter request: whose model and length the provider tells.
    init?(_ fault: Fault, _ request: ModelRequest, retryAfterMilliseconds: Int) {
        guard var error = Self.error(fault, retryAfterMilliseconds) else { return nil }
        error.model = request.modelName
        error.promptTokens = request.promptTokens
        self = error
    }

    private static func error(_ fault: Fault, _ retryAfterMilliseconds: Int) -> APIError? {
        switch fault {
        case .serverError, .streamError: broken
        case .rateLimited: rateLimited("(simulated) on requests", retryAfterMilliseconds: retryAfterMilliseconds)
        case .overloaded:
            APIError(
                .overloaded, message: "That model is currently overloaded with other requests. You can retry your request. (simulated)")
        case .auth: revoked
        case .permission: forbidden
        case .notFound:
            APIError(
                .modelNotFound, message: "The model does not exist or you do not have access to it. (simulated)", code: "model_not_found")
        case .contextLength:
            APIError(
                .contextLength, message: "Your input exceeds the context window of this model. Please adjust your input. (simulated)",
                parameter: "messages", code: "context_length_exceeded")
        case .contentFilter:
            APIError(
                .contentFiltered, message: "Your request was rejected as a result of our safety system. (simulated)",
                code: "content_policy_violation")
        case .quota: exhausted
        case .malformed, .disconnected, .stall, .truncate, .corrupt, .noUsage: nil
        }
    }

    static let broken = APIError(
        .serverError, message: "The server had an error while processing your request. Sorry about that! (simulated)")

    /// What a key is answered with whose text has one of the words `revoked`, `forbidden` and `exhausted`.
    static func ofKey(_ key: String) -> (APIError, Failure)? {
        if key.utf8.count < 7 { return nil }
        if has("revoked", key) { return (revoked, .unauthorized) }
        if has("forbidden", key) { return (forbidden, .forbidden) }
        return has("exhausted", key) ? (exhausted, .quotaExhausted) : nil
    }

    private static func has(_ word: StaticString, _ key: String) -> Bool {
        var key = key
        let length = word.utf8CodeUnitCount
        return key.withUTF8 { bytes in
            guard let start = bytes.baseAddress, bytes.count >= length else { return false }
            return (0...bytes.count - length).contains { memcmp(start + $0, word.utf8Start, length) == 0 }
        }
    }

    private static let revoked = APIError(
        .wrongKey,
        message: "Incorrect API key provided. (simulated) You can find your API key at https://platform.openai.com/account/api-keys.",
        code: "invalid_api_key")

    private static let forbidden = APIError(
        .forbidden, message: "You have insufficient permissions for this operation. (simulated)", code: "insufficient_permissions")

    private static let exhausted = APIError(
        .quotaExhausted, message: "You exceeded your current quota, please check your plan and billing details. (simulated)",
        code: "insufficient_quota")

    /// Tells of the limit that lets the request wait longest.
    static func throttled(_ reading: QuotaReading) -> APIError {
        let waits = (requests: reading.requests?.retryAfter ?? .zero, tokens: reading.tokens?.retryAfter ?? .zero)
        let isForTokens = waits.tokens > waits.requests
        let what = isForTokens ? "tokens per min (TPM)" : "requests per min (RPM)"
        let limit = (isForTokens ? reading.tokens : reading.requests) ?? .unlimited
        let milliseconds = Int((max(waits.requests, waits.tokens) / .milliseconds(1)).rounded(.up))
        return .rateLimited(
            "on \(what): Limit \(limit.limit), Used \(max(0, limit.limit - limit.remaining))", retryAfterMilliseconds: max(milliseconds, 1))
    }

    private static func rateLimited(_ what: String, retryAfterMilliseconds: Int) -> APIError {
        APIError(
            .rateLimited, message: "Rate limit reached \(what). Please try again in \(retryAfterMilliseconds)ms.",
            code: "rate_limit_exceeded", retryAfterMilliseconds: retryAfterMilliseconds)
    }
}
