internal import Envelope

/// What one worker demands of requests, and says of itself in what it publishes.
struct RequestRules: Sendable {
    let worker: String
    let consumerGroup: String
    let maxRequestBytes: Int
    /// Milliseconds after which the group takes a member that is not heard of for dead.
    let sessionTimeout: Double
    let responses: String
    let replyTo: Set<String>

    /// - Throws: `EnvelopeError` if a request asks for what is not to be had.
    func check(_ request: RequestEnvelope) throws(EnvelopeError) {
        if let topic = request.replyTo, !allowsReply(to: topic) {
            throw EnvelopeError(
                code: .replyToNotAllowed,
                message: "reply_to: \"\(topic)\" is not one of the topics that the configuration allows; name one of topics.reply_to")
        }
        if request.stream {
            throw EnvelopeError(
                code: .unsupported, message: "stream: chunks are not published by this version; leave stream out to get the whole response")
        }
    }

    func allowsReply(to topic: String) -> Bool {
        topic == responses || replyTo.contains(topic)
    }
}
