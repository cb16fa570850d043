internal import Configuration

/// Where a worker writes.
struct WorkerTopics: Sendable {
    let responses: String
    /// Nil for none.
    let events: String?
    let deadLetters: String
    let chunks: String
    let replyTo: Set<String>
    /// In ascending order of their waits.
    let retry: [RetryTopic]

    init(_ topics: TopicsConfiguration) {
        responses = topics.responses
        events = topics.events.isEmpty ? nil : topics.events
        deadLetters = topics.deadLetter
        chunks = topics.chunks
        replyTo = Set(topics.replyTo)
        retry = topics.retry
    }

    func allowReply(to topic: String) -> Bool {
        topic == responses || replyTo.contains(topic)
    }

    /// The topic for a request that is to wait: the one of the shortest waits in which it fits, or else of the longest.
    func retryTopic(for milliseconds: Double) -> RetryTopic? {
        retry.first { Double($0.waitSeconds) * 1_000 >= milliseconds } ?? retry.last
    }
}
