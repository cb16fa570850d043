/// What one partition's commit says.
package struct OffsetCommit: Equatable, Sendable {
    /// The characters that brokers accept as metadata unless configured otherwise (`offset.metadata.max.bytes`).
    private static let metadataLimit = 4_096

    package let partition: TopicPartition
    /// The offset from which a successor is to go on.
    package let offset: Int64
    /// The offsets beyond it that are done, encoded; nil if there are none, or too many runs of them to fit.
    package let metadata: String?

    package init(partition: TopicPartition, offset: Int64, completed: CompletedOffsets) {
        self.partition = partition
        self.offset = offset
        metadata = completed.encoded(from: offset, limit: Self.metadataLimit)
    }
}

/// A partition that has come to this member, with what was last committed of it.
package struct AssignedPartition: Sendable {
    package let partition: TopicPartition
    /// Nil if nothing is committed.
    package let committed: Int64?
    /// The offsets beyond it that are done.
    package let completed: CompletedOffsets

    /// - Parameter metadata: the commit's, whoever made it.
    init(partition: TopicPartition, committed: Int64?, metadata: String?) {
        self.partition = partition
        self.committed = committed
        completed = committed.flatMap { base in metadata.flatMap { CompletedOffsets(decoding: $0, from: base) } } ?? CompletedOffsets()
    }
}
