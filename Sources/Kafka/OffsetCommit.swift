/// What one partition's commit says.
package struct OffsetCommit: Equatable, Sendable {
    package let partition: TopicPartition
    /// The offset from which a successor is to go on.
    package let offset: Int64
    /// The offsets beyond it that are done.
    package let completed: CompletedOffsets.Encoding

    /// - Parameter limit: the most characters that the brokers accept as metadata (`offset.metadata.max.bytes`, 4,096 by default).
    package init(partition: TopicPartition, offset: Int64, completed: CompletedOffsets, limit: Int) {
        self.partition = partition
        self.offset = offset
        self.completed = completed.encoded(from: offset, limit: limit)
    }

    /// What the broker keeps with the offset; nil for nothing.
    package var metadata: String? { completed.text }
}
