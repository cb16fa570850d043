internal import Coordination
internal import Envelope
internal import EventLoop
internal import Kafka
internal import Routing

/// One delivery of a message to this worker, from the moment in which work on it begins.
struct Visit {
    let message: KafkaMessage
    /// The partition, in the assignment in which the message came.
    let partition: PartitionState
    /// What the message carries of its history; nil if its requester has sent it just so.
    let lineage: Lineage?
    let copy: RequestCopy
    /// Milliseconds between the message's timestamp and the beginning of the work, or that of its first visit.
    private let queued: Double
    /// Milliseconds since its first visit.
    private let earlier: Double
    private let began = MonotonicTime.now

    init(_ message: KafkaMessage, of partition: PartitionState) {
        self.message = message
        self.partition = partition
        lineage = message.header(Lineage.marker) == nil ? nil : Lineage { message.header($0) }
        let place = message.place
        let (now, timestamp) = (WallClock.milliseconds, lineage?.origin.timestamp ?? place.timestamp)
        let first = lineage?.began ?? now
        queued = timestamp > 0 ? Double(max(0, first - timestamp)) : 0
        earlier = Double(max(0, now - first))
        copy = RequestCopy(
            root: lineage?.origin.description ?? place.description, place: place.description, generation: lineage?.generation ?? 0)
    }

    /// The message that the requester has sent.
    var origin: MessageOrigin { lineage?.origin ?? message.place }

    /// The W3C trace context that the requester sent along.
    var trace: UnsafeRawBufferPointer? { message.header("traceparent") }

    /// Milliseconds since the work began.
    var age: Double { MonotonicTime.now.milliseconds(since: began) }

    /// Where the time went until now.
    func timings(_ reply: Reply?) -> Timings {
        Timings(
            queued: queued, limited: (reply?.waitedMilliseconds ?? 0) + earlier, provider: reply?.providerMilliseconds ?? 0,
            total: age + earlier)
    }
}

extension KafkaMessage {
    var place: MessageOrigin {
        MessageOrigin(topic: topic, partition: partition, offset: offset, timestamp: timestamp.milliseconds)
    }
}
