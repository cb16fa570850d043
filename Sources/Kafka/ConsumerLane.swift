internal import CRdKafka
internal import EventLoop

/// The part of a consumer that one event loop serves: the queues of its partitions, and their commits. Confined to its loop.
package final class ConsumerLane {
    private let handle: KafkaHandle
    private let watch: RebalanceWatch
    private let commits: KafkaQueue
    private let loop: EventLoop
    private let log: KafkaLog
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

    init(handle: KafkaHandle, watch: RebalanceWatch, loop: EventLoop, log: KafkaLog) {
        self.handle = handle
        self.watch = watch
        self.loop = loop
        self.log = log
        commits = KafkaQueue(rd_kafka_queue_new(handle.pointer), of: handle)
        commits.start(on: loop) { [unowned self] in serveCommits() }
    }

    /// The queue of a partition that is being assigned, to be opened before the listener's `assigned` returns.
    ///
    /// - Parameter onMessages: called on the loop when there may be messages to take.
    package func open(_ partition: TopicPartition, onMessages: @escaping () -> Void) -> PartitionQueue {
        PartitionQueue(partition, of: handle, on: loop, log: log, onMessages: onMessages)
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
}
