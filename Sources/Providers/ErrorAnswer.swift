import Envelope

/// What all providers' error answers have in common.
enum ErrorAnswer {
    private static let messageLimit = 500

    /// What the status alone means.
    static func code(status: Int) -> ErrorCode {
        switch status {
        case 401: .auth
        case 402: .quotaExhausted
        case 403: .permission
        case 404: .notFound
        case 408, 504: .timeout
        case 409, 425, 503, 529: .overloaded
        case 413: .requestTooLarge
        case 429: .rateLimited
        case 300..<500: .providerInvalidRequest
        default: .serverError
        }
    }

    /// Judges a failed call.
    ///
    /// What can only fail again is never retried, and of the statuses from 400 to 499 only 408, 409, 425 and 429 are, whatever a header
    /// says; beyond that, the provider's explicit word counts.
    ///
    /// - Parameters:
    ///   - said: the provider's words; nil quotes the body.
    ///   - shouldRetry: the value of `x-should-retry`, where the provider sends that.
    ///   - retryAfter: milliseconds.
    static func error(
        _ code: ErrorCode, status: Int, said: String?, body: UnsafeRawBufferPointer, shouldRetry: String? = nil, retryAfter: Int?
    ) -> ProviderError {
        ProviderError(
            code: code, message: message(status: status, said: said, body: body),
            retryable: isRetryable(code, status: status, shouldRetry: shouldRetry), retryAfterMilliseconds: retryAfter, status: status)
    }

    private static func isRetryable(_ code: ErrorCode, status: Int, shouldRetry: String?) -> Bool {
        switch code {
        case .auth, .permission, .notFound, .quotaExhausted, .contextLength, .contentFiltered, .requestTooLarge: return false
        default: break
        }
        if (300..<500).contains(status), ![408, 409, 425, 429].contains(status) { return false }
        switch shouldRetry {
        case "true": return true
        case "false": return false
        default: return code.retryable
        }
    }

    private static func message(status: Int, said: String?, body: UnsafeRawBufferPointer) -> String {
        let said = said ?? String(decoding: body.prefix(messageLimit * 2), as: UTF8.self)
        let masked = SecretMask.masked(said).prefix(utf8: messageLimit)
        let hint = (300..<400).contains(status) ? " (redirects are not followed; check base_url)" : ""
        if masked.isEmpty { return "the provider answered with status \(status)\(hint) and no explanation" }
        return "the provider answered with status \(status)\(hint): \(masked)"
    }
}

extension String {
    /// The longest beginning of the string that has at most `limit` bytes of UTF-8.
    fileprivate func prefix(utf8 limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        let cut = utf8.index(utf8.startIndex, offsetBy: limit)
        return self[..<unicodeScalars.index(before: unicodeScalars.index(after: cut))]
    }
}

extension ProviderError {
    /// That a complete answer is not as expected.
    static func malformed(_ what: String, _ type: RequestType) -> ProviderError {
        ProviderError(
            code: .malformedResponse,
            message: "the provider's answer to \(type == .embedding ? "an" : "a") \(type.rawValue) request is not as expected: \(what)")
    }

    /// That a complete answer is no JSON.
    static func notJSON(_ error: JSONError) -> ProviderError {
        ProviderError(code: .malformedResponse, message: "the provider's answer is not valid JSON: \(error.message)")
    }

    /// That the model failed in the middle of its answer.
    static let failedModel = ProviderError(
        code: .serverError, message: "the provider ended the answer with the finish reason \"error\"")

    /// That an event of a stream is not as expected.
    static func corruptStream(_ what: String) -> ProviderError {
        ProviderError(code: .streamCorrupt, message: "the provider's stream has an event that is not as expected: \(what)")
    }
}

extension JSONView {
    /// The value that an event of a stream is.
    ///
    /// - Throws: `ProviderError` with `stream_corrupt` if it is not valid JSON.
    init(event data: UnsafeRawBufferPointer) throws(ProviderError) {
        do {
            self = try JSONView(parsing: data)
        } catch {
            throw .corruptStream(error.message)
        }
    }
}
