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

    /// What tells the message from all others: its place, and its timestamp, for a topic that is made anew has the same places.
    var origin: String { "\(message.topic)/\(message.partition)/\(message.offset)@\(message.timestamp.milliseconds)" }

    /// The W3C trace context that the requester sent along.
    var trace: UnsafeRawBufferPointer? { message.header("traceparent") }

    /// Milliseconds since the message was taken.
    var age: Double { MonotonicTime.now.milliseconds(since: began) }

    /// Where the time went until now.
    func timings(_ reply: Reply?) -> Timings {
        Timings(
            queued: queued, limited: reply?.waitedMilliseconds ?? 0, provider: reply?.providerMilliseconds ?? 0,
            total: age)
    }
}
