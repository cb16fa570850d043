package import Kafka

/// Which letters of one partition were replayed: before, as a group's commit tells, and by now. A value without I/O.
package struct DeadLetterMemory: Sendable {
    private let base: Int64
    private let before: CompletedOffsets
    private let metadataLimit: Int
    private var tracker: OffsetTracker

    /// - Parameters:
    ///   - committed: the offset below which all were replayed; nil if nothing is known.
    ///   - completed: those beyond it.
    ///   - end: the partition's next offset. If it is below the committed one, the topic was made anew, and nothing is known.
    ///   - metadataLimit: the most characters that a commit's metadata may have.
    package init(committed: Int64?, completed: CompletedOffsets, end: Int64, metadataLimit: Int) {
        self.metadataLimit = metadataLimit
        let isKnown = committed.map { $0 <= end } ?? false
        base = isKnown ? committed ?? 0 : 0
        before = isKnown ? completed : CompletedOffsets()
        tracker = OffsetTracker(resumingFrom: base, completed: before)
    }

    /// Whether a letter was replayed before.
    package func contains(_ offset: Int64) -> Bool {
        offset < base || before.contains(offset)
    }

    /// Notes that there is a letter at `offset`. All letters must be noted, in order, for `record` to tell the truth.
    package mutating func note(_ offset: Int64) {
        if offset >= base { _ = tracker.deliver(offset) }
    }

    /// Notes that a letter was replayed.
    package mutating func complete(_ offset: Int64) {
        _ = tracker.complete(offset)
    }

    package enum Record: Equatable, Sendable {
        /// There is nothing that is not remembered already.
        case nothing
        case commit(OffsetCommit)
        /// There are too many runs of letters to fit into a commit.
        case tooLong
    }

    /// What is to be remembered now.
    package func record(of partition: TopicPartition) -> Record {
        guard let watermark = tracker.watermark else { return .nothing }
        let commit = OffsetCommit(partition: partition, offset: watermark, completed: tracker.completed, limit: metadataLimit)
        return commit.completed == .tooLong ? .tooLong : .commit(commit)
    }
}
