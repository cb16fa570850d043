internal import Envelope
internal import EventLoop
internal import Kafka
internal import Routing

/// One delivery of a message to this worker.
struct Visit {
    let message: KafkaMessage
    /// Milliseconds between the message's timestamp and its intake.
    private let queued: Double
    private let began = MonotonicTime.now

    init(_ message: KafkaMessage) {
        self.message = message
        let timestamp = message.timestamp.milliseconds
        queued = timestamp > 0 ? Double(max(0, WallClock.milliseconds - timestamp)) : 0
    }

    /// Topic, partition and offset, which tell the message from all others.
    var origin: String { "\(message.topic)/\(message.partition)/\(message.offset)" }

    /// The W3C trace context that the requester sent along.
    var trace: UnsafeRawBufferPointer? { message.header("traceparent") }

    /// Where the time went until now.
    func timings(_ reply: Reply?) -> Timings {
        Timings(
            queued: queued, limited: reply?.waitedMilliseconds ?? 0, provider: reply?.providerMilliseconds ?? 0,
            total: MonotonicTime.now.milliseconds(since: began))
    }
}
