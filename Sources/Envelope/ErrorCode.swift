/// Why a request failed, in one word that programs can act on.
package enum ErrorCode: String, CaseIterable, Hashable, Sendable {
    // The request itself.
    case invalidJSON = "invalid_json"
    case invalidRequest = "invalid_request"
    case missingID = "missing_id"
    case unknownModel = "unknown_model"
    case requestTooLarge = "request_too_large"
    case emptyMessage = "empty_message"
    case duplicateID = "duplicate_id"
    case replyToNotAllowed = "reply_to_not_allowed"
    case deadlineExceeded = "deadline_exceeded"
    case budgetExceeded = "budget_exceeded"
    case unsupported
    case poisonMessage = "poison_message"

    // The provider, or the way to it.
    case rateLimited = "rate_limited"
    case overloaded
    case timeout
    case connection
    case auth
    case permission
    case notFound = "not_found"
    case providerInvalidRequest = "provider_invalid_request"
    case contextLength = "context_length"
    case contentFiltered = "content_filtered"
    case quotaExhausted = "quota_exhausted"
    case serverError = "server_error"
    case malformedResponse = "malformed_response"
    case streamTruncated = "stream_truncated"
    case streamCorrupt = "stream_corrupt"
    case streamStalled = "stream_stalled"
    case schemaMismatch = "schema_mismatch"
    case responseTooLarge = "response_too_large"

    // The worker.
    case shutdown
    case `internal`

    /// True if the same request may succeed when it is sent again.
    package var retryable: Bool {
        switch self {
        case .rateLimited, .overloaded, .timeout, .connection, .serverError, .malformedResponse, .streamTruncated, .streamCorrupt,
            .streamStalled, .shutdown:
            true
        case .invalidJSON, .invalidRequest, .missingID, .unknownModel, .requestTooLarge, .emptyMessage, .duplicateID,
            .replyToNotAllowed, .deadlineExceeded, .budgetExceeded, .unsupported, .poisonMessage, .auth, .permission, .notFound,
            .providerInvalidRequest, .contextLength, .contentFiltered, .quotaExhausted, .schemaMismatch, .responseTooLarge, .internal:
            false
        }
    }
}
