internal import Kafka

/// One partition in one assignment. Its identity is the assignment's epoch: a request that outlives the assignment completes an
/// object that nobody commits from any more. Confined to its shard.
final class PartitionState {
    let partition: TopicPartition
    private(set) var tracker: OffsetTracker
    /// False once the partition is on its way to another member: nothing new is taken from it.
    var takesMore = true
    private var tasks: [Int64: Task<Void, Never>] = [:]
    private var committed: OffsetCommit?
    /// Whether there may be something to commit.
    private var hasChanged = false
    private var idle: [UnsafeContinuation<Void, Never>] = []

    init(_ assigned: AssignedPartition) {
        partition = assigned.partition
        tracker = OffsetTracker(resumingFrom: assigned.committed ?? 0, completed: assigned.completed)
    }

    /// A partition of whose past nothing is known.
    init(_ partition: TopicPartition) {
        self.partition = partition
        tracker = OffsetTracker()
    }

    /// The next offset, if there are no gaps.
    var expected: Int64 { tracker.next ?? 0 }

    /// Whether the offset has been delivered in this assignment, or one beyond it.
    func hasPassed(_ offset: Int64) -> Bool {
        offset < expected
    }

    /// Notes that a message has come. Returns false if there is nothing to be done about it.
    func deliver(_ offset: Int64) -> Bool {
        hasChanged = true
        return tracker.deliver(offset) == .new
    }

    func track(_ task: Task<Void, Never>, for offset: Int64) {
        tasks[offset] = task
    }

    /// Notes that the work on a message has ended.
    ///
    /// - Parameter done: false if it was given up, so that the message is delivered again.
    func finish(_ offset: Int64, done: Bool) {
        tasks[offset] = nil
        if done {
            _ = tracker.complete(offset)
            hasChanged = true
        }
        if tasks.isEmpty {
            for waiter in idle { waiter.resume() }
            idle = []
        }
    }

    var isIdle: Bool { tasks.isEmpty }

    func cancelAll() {
        for task in tasks.values { task.cancel() }
    }

    func waitUntilIdle(isolation: isolated (any Actor)? = #isolation) async {
        guard !tasks.isEmpty else { return }
        await withUnsafeContinuation { idle.append($0) }
    }

    /// What is to be committed, if it is not already.
    func takeUncommitted() -> OffsetCommit? {
        guard hasChanged, let watermark = tracker.watermark else { return nil }
        hasChanged = false
        let commit = OffsetCommit(partition: partition, offset: watermark, completed: tracker.completed)
        return commit == committed ? nil : commit
    }

    func noteCommitted(_ commit: OffsetCommit) {
        committed = commit
    }

    func noteCommitFailed() {
        hasChanged = true
    }
}
