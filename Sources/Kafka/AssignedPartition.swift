internal import CRdKafka

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

    init(_ entry: rd_kafka_topic_partition_t, _ partition: TopicPartition) {
        let metadata = entry.metadata.map {
            String(decoding: UnsafeRawBufferPointer(start: $0, count: entry.metadata_size), as: UTF8.self)
        }
        self.init(partition: partition, committed: entry.offset >= 0 ? entry.offset : nil, metadata: metadata)
    }

    /// Whether the offset is done, by what is committed.
    package func covers(_ offset: Int64) -> Bool {
        committed.map { offset < $0 } == true || completed.contains(offset)
    }
}
