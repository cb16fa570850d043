internal import Envelope
internal import NIOHTTP1

extension APIError {
    // MARK: The request's fault

    static func invalid(_ message: String, parameter: StaticString? = nil, code: StaticString? = nil) -> APIError {
        APIError(status: 400, type: "invalid_request_error", message: message, parameter: parameter, code: code)
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
        APIError(status: 413, type: "invalid_request_error", message: "The request's body is larger than \(limit) bytes.")
    }

    static func unknown(_ method: HTTPMethod, uri: String) -> APIError {
        APIError(status: 404, type: "invalid_request_error", message: "Invalid URL (\(method.rawValue) \(uri))")
    }

    static func wrongMethod(_ method: HTTPMethod, uri: String) -> APIError {
        APIError(
            status: 405, type: "invalid_request_error",
            message: "Not allowed to \(method.rawValue) on \(uri). (HINT: Perhaps you meant to use a different HTTP method?)",
            code: "method_not_supported")
    }

    static let noKey = APIError(
        status: 401, type: "invalid_request_error",
        message: "You didn't provide an API key. Give the one of --api-key in an Authorization header: Authorization: Bearer YOUR_KEY")

    static let wrongKey = APIError(
        status: 401, type: "invalid_request_error",
        message: "Incorrect API key provided. The simulator accepts only the one of its --api-key.", code: "invalid_api_key")

    // MARK: The provider's fault

    /// What a fault is answered with; nil for those that are no error in form.
    init?(_ fault: Fault, retryAfterMilliseconds: Int) {
        switch fault {
        case .serverError:
            self.init(
                status: 500, type: "server_error",
                message: "The server had an error while processing your request. Sorry about that! (simulated)")
        case .rateLimited:
            self = .rateLimited("(simulated) on requests", retryAfterMilliseconds: retryAfterMilliseconds)
        case .overloaded:
            self.init(
                status: 503, type: "server_error",
                message: "That model is currently overloaded with other requests. You can retry your request. (simulated)")
        case .malformed, .disconnected: return nil
        }
    }

    static func throttled(_ reading: TokenBucket.Reading) -> APIError {
        let milliseconds = Int((reading.retryAfter / .milliseconds(1)).rounded(.up))
        return .rateLimited(
            "on requests per min (RPM): Limit \(reading.limit), Used \(reading.limit - reading.remaining), Requested 1",
            retryAfterMilliseconds: max(milliseconds, 1))
    }

    private static func rateLimited(_ what: String, retryAfterMilliseconds: Int) -> APIError {
        APIError(
            status: 429, type: "requests", message: "Rate limit reached \(what). Please try again in \(retryAfterMilliseconds)ms.",
            code: "rate_limit_exceeded", retryAfterMilliseconds: retryAfterMilliseconds)
    }
}
