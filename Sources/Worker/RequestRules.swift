internal import Envelope

/// What one worker demands of requests, and says of itself in what it publishes.
struct RequestRules: Sendable {
    let worker: String
    let consumerGroup: String
    let maxRequestBytes: Int
    /// Milliseconds after which the group takes a member that is not heard of for dead.
    var sessionTimeout: Double
    /// Milliseconds after which a request is not tried again.
    let longestTotal: Double
    let topics: WorkerTopics
    /// Why no request can be part of a batch; nil if one can.
    let batchRefusal: String?
    /// Whether requests that failed though they were in order are dead-lettered.
    let deadLettersFailures: Bool

    /// - Throws: `EnvelopeError` if a request asks for what is not to be had.
    func check(_ request: RequestEnvelope) throws(EnvelopeError) {
        if let topic = request.replyTo, !topics.allowReply(to: topic) {
            throw EnvelopeError(
                code: .replyToNotAllowed,
                message: "reply_to: \"\(topic)\" is not one of the topics that the configuration allows; name one of topics.reply_to")
        }
        if request.stream, request.type == .embedding {
            throw EnvelopeError(code: .invalidRequest, message: "stream: embeddings come in one piece; leave stream out")
        }
    }

    /// Whether a request that failed so may succeed later just as it is, and is kept for that.
    func deadLetters(_ code: ErrorCode) -> Bool {
        guard deadLettersFailures else { return false }
        switch code {
        case .auth, .permission, .notFound, .quotaExhausted, .budgetExceeded: return true
        default: return code.retryable
        }
    }
}
