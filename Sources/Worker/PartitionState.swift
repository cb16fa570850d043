internal import Kafka
internal import Logging

/// What has been taken of one partition in one assignment, and how far it is done. Its identity is the assignment's epoch: a request
/// that outlives the assignment completes an object that nobody commits from any more. Confined to its shard.
final class PartitionState {
    let partition: TopicPartition
    /// What was committed when the assignment began; -1 if nothing was.
    let beginning: Int64
    private(set) var tracker: OffsetTracker
    /// Whether the partition is another's: nothing may be committed.
    private(set) var isGone = false
    /// Whether what is in flight of it has been given up: nothing more is to be published.
    private(set) var isGivenUp = false
    private let metadataLimit: Int
    private var tasks: [Int64: Task<Void, Never>] = [:]
    private var committed: OffsetCommit?
    /// Whether there may be something to commit.
    private var hasChanged = false
    private var hasWarned = false
    private let logger: Logger
    private var idle: [UnsafeContinuation<Void, Never>] = []

    /// - Parameter metadataLimit: the most characters that a commit's metadata may have.
    init(_ assigned: AssignedPartition, metadataLimit: Int, logger: Logger) {
        partition = assigned.partition
        tracker = OffsetTracker(resumingFrom: assigned.committed ?? 0, completed: assigned.completed)
        beginning = assigned.committed ?? -1
        self.metadataLimit = metadataLimit
        self.logger = logger
    }

    /// The same partition with a log that has begun anew, of which nothing is known.
    init(restarting old: PartitionState) {
        partition = old.partition
        tracker = OffsetTracker()
        beginning = old.beginning
        metadataLimit = old.metadataLimit
        logger = old.logger
    }

    // MARK: Deliveries

    /// The next offset, if there are no gaps.
    var expected: Int64 { tracker.next ?? 0 }

    /// Whether the offset has been delivered in this assignment, or one beyond it.
    func hasPassed(_ offset: Int64) -> Bool {
        offset < expected
    }

    /// Whether the offset may be delivered: whatever completes then can be written down in a commit.
    func hasRoom(for offset: Int64) -> Bool {
        tracker.hasRoom(for: offset, limit: metadataLimit)
    }

    /// Whether the offset, which has been delivered, and all before it are done.
    func isDone(upTo offset: Int64) -> Bool {
        tracker.watermark.map { $0 > offset } ?? false
    }

    /// Whether an earlier assignment had done the offset, which is the next one.
    func wasDone(_ offset: Int64) -> Bool {
        tracker.wasDone(offset)
    }

    /// Notes that a message has come. Returns false if there is nothing to be done about it.
    func deliver(_ offset: Int64) -> Bool {
        hasChanged = true
        return tracker.deliver(offset) == .new
    }

    func complete(_ offset: Int64) {
        _ = tracker.complete(offset)
        hasChanged = true
    }

    // MARK: Work

    func track(_ task: Task<Void, Never>, for offset: Int64) {
        tasks[offset] = task
    }

    /// Notes that the work on a message has ended.
    ///
    /// - Parameter done: false if it was given up, so that the message is delivered again.
    func finish(_ offset: Int64, done: Bool) {
        tasks[offset] = nil
        if done { complete(offset) }
        if tasks.isEmpty {
            for waiter in idle { waiter.resume() }
            idle = []
        }
    }

    var running: Int { tasks.count }

    func cancelAll() {
        for task in tasks.values { task.cancel() }
    }

    func giveUp() {
        isGivenUp = true
        cancelAll()
    }

    /// Notes that the partition is another's.
    func leave() {
        isGone = true
        giveUp()
    }

    func waitUntilIdle(isolation: isolated (any Actor)? = #isolation) async {
        await withUnsafeContinuation { continuation in
            // A task that does not prefer the loop gets here later than it asked.
            if tasks.isEmpty { continuation.resume() } else { idle.append(continuation) }
        }
    }

    // MARK: Commits

    /// What is to be committed, if it is not already.
    ///
    /// - Parameter finishing: offsets that are done once the commit is.
    func takeUncommitted(finishing: [Int64] = []) -> OffsetCommit? {
        guard !isGone, hasChanged || !finishing.isEmpty else { return nil }
        hasChanged = false
        var tracker = tracker
        for offset in finishing { _ = tracker.complete(offset) }
        guard let watermark = tracker.watermark else { return nil }
        let commit = OffsetCommit(partition: partition, offset: watermark, completed: tracker.completed, limit: metadataLimit)
        if commit.completed == .tooLong, !hasWarned {
            hasWarned = true
            logger.warning(
                "what is done out of order does not fit into a commit; a successor may repeat it. Has worker.offset_metadata_max_bytes been lowered?",
                metadata: ["partition": "\(partition)"])
        }
        return commit == committed ? nil : commit
    }

    func noteCommitted(_ commit: OffsetCommit) {
        committed = commit
    }

    func noteCommitFailed() {
        hasChanged = true
    }
}
