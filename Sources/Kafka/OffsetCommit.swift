/// What one partition's commit says.
package struct OffsetCommit: Equatable, Sendable {
    /// The characters that brokers accept as metadata unless configured otherwise (`offset.metadata.max.bytes`).
    private static let metadataLimit = 4_096

    package let partition: TopicPartition
    /// The offset from which a successor is to go on.
    package let offset: Int64
    /// The offsets beyond it that are done, encoded; nil if there are none, or too many runs of them to fit.
    package let metadata: String?

    package init(partition: TopicPartition, offset: Int64, completed: CompletedOffsets, limit: Int = 4_096) {
        self.partition = partition
        self.offset = offset
        metadata = completed.encoded(from: offset, limit: limit)
    }
}
