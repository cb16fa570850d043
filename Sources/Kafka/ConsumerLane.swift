internal import CRdKafka
internal import EventLoop
internal import Logging

/// The part of a consumer that one event loop serves: the messages of its partitions, and their commits. Confined to its loop.
///
/// A lane that is not drained is the back-pressure: librdkafka keeps `queued.max.messages.kbytes` a partition and then stops fetching.
package final class ConsumerLane {
    private let handle: KafkaHandle
    private let watch: RebalanceWatch
    private let messages: KafkaQueue
    private let commits: KafkaQueue
    private let loop: EventLoop
    private let log: KafkaLog
    private let batch: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private var topicNames: [OpaquePointer: String] = [:]
    /// By ticket, which librdkafka carries as the commit's opaque.
    private var waitingCommits: [Int: PendingCommit] = [:]
    private var lastTicket = 0

    private final class PendingCommit {
        var continuation: UnsafeContinuation<rd_kafka_resp_err_t, Never>?
        var limit: LoopTimer?

        func finish(_ result: rd_kafka_resp_err_t) {
            limit = nil
            continuation?.resume(returning: result)
            continuation = nil
        }
    }

    init(queue: OpaquePointer, handle: KafkaHandle, watch: RebalanceWatch, loop: EventLoop, log: KafkaLog) {
        self.handle = handle
        self.watch = watch
        self.loop = loop
        self.log = log
        messages = KafkaQueue(queue, of: handle)
        commits = KafkaQueue(rd_kafka_queue_new(handle.pointer), of: handle)
        batch = .allocate(capacity: 256)
    }

    deinit {
        batch.deallocate()
    }

    /// Begins to serve the lane.
    ///
    /// - Parameter onMessages: called on the loop when there may be messages to `take`.
    package func start(onMessages: @escaping () -> Void) {
        messages.start(on: loop, serve: onMessages)
        commits.start(on: loop) { [unowned self] in serveCommits() }
    }

    /// Ends the calls to `onMessages`. Commits are still served.
    package func stopIntake() {
        messages.stop()
    }

    /// Takes up to `limit` messages, at most 256, without waiting.
    ///
    /// - Returns: the messages, and whether there may be more, which no further call to `onMessages` announces.
    package func take(_ limit: Int) -> (messages: [KafkaMessage], mayHaveMore: Bool) {
        let limit = min(limit, batch.count)
        guard limit > 0 else { return ([], true) }
        let count = rd_kafka_consume_batch_queue(messages.pointer, 0, batch.baseAddress, limit)
        guard count > 0 else { return ([], false) }
        var taken: [KafkaMessage] = []
        taken.reserveCapacity(count)
        for index in 0..<count {
            guard let raw = batch[index] else { continue }
            if raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                taken.append(KafkaMessage(raw, topic: topicName(raw.pointee.rkt)))
            } else {
                report(raw)
                rd_kafka_message_destroy(raw)
            }
        }
        // Errors count too: what is not a message has been taken from the queue all the same.
        return (taken, count == limit)
    }

    /// Whether a commit now could do no harm. If not, it will be so in a moment, or when the group has shared out its partitions.
    package var mayCommit: Bool { watch.mayCommit }

    /// Commits offsets.
    ///
    /// - Parameter timeout: how long to wait for the coordinator. It may commit all the same, later.
    /// - Throws: `KafkaError`; nothing is committed then, or not surely. Of code `rebalanceInProgress` if not `mayCommit`.
    package func commit(_ offsets: [OffsetCommit], timeout: Duration) async throws(KafkaError) {
        guard !offsets.isEmpty else { return }
        guard watch.mayCommit else {
            throw KafkaError(.rebalanceInProgress, "cannot commit offsets: the group is sharing out its partitions")
        }
        let pending = PendingCommit()
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<rd_kafka_resp_err_t, Never>) in
            lastTicket += 1
            let ticket = lastTicket
            let list = PartitionList(capacity: offsets.count)
            for commit in offsets { list.add(commit.partition, offset: commit.offset, metadata: commit.metadata) }
            let result = list.use {
                rd_kafka_commit_queue(handle.pointer, $0, commits.pointer, nil, UnsafeMutableRawPointer(bitPattern: ticket))
            }
            guard result == RD_KAFKA_RESP_ERR_NO_ERROR else {
                continuation.resume(returning: result)
                return
            }
            pending.continuation = continuation
            let limit = loop.makeTimer { [unowned pending] in pending.finish(RD_KAFKA_RESP_ERR__TIMED_OUT) }
            limit.arm(after: timeout)
            pending.limit = limit
            waitingCommits[ticket] = pending
        }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, while: "cannot commit offsets") }
    }

    private func serveCommits() {
        while let event = commits.poll() {
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT {
                waitingCommits.removeValue(forKey: Int(bitPattern: rd_kafka_event_opaque(event)))?.finish(commitResult(event))
            }
            rd_kafka_event_destroy(event)
        }
    }

    /// The commit's own error, or that of the first partition that has one.
    private func commitResult(_ event: OpaquePointer) -> rd_kafka_resp_err_t {
        let overall = rd_kafka_event_error(event)
        guard overall == RD_KAFKA_RESP_ERR_NO_ERROR else { return overall }
        let entries = PartitionList.entries(in: rd_kafka_event_topic_partition_list(event))
        return entries.first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err ?? RD_KAFKA_RESP_ERR_NO_ERROR
    }

    private func topicName(_ topic: OpaquePointer?) -> String {
        guard let topic else { return "" }
        if let known = topicNames[topic] { return known }
        let name = String(cString: rd_kafka_topic_name(topic))
        topicNames[topic] = name
        return name
    }

    private func report(_ raw: UnsafeMutablePointer<rd_kafka_message_t>) {
        let reason = rd_kafka_message_errstr(raw).map { String(cString: $0) }
        let place = "\(topicName(raw.pointee.rkt))/\(raw.pointee.partition)"
        log.logger.warning("\(KafkaError(raw.pointee.err, reason: reason, while: "cannot consume \(place)"))")
    }
}
