internal import CRdKafka
internal import Glibc

/// Owns one of librdkafka's lists of topic, partition, offset.
struct PartitionList: ~Copyable {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: capacity))
    }

    init(_ partitions: [TopicPartition]) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition, offset: Int64(RD_KAFKA_OFFSET_INVALID)) }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }

    /// Gives the list to C, which must not keep it.
    func use<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
        body(pointer)
    }

    func add(_ partition: TopicPartition, offset: Int64, metadata: String? = nil) {
        guard let entry = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition) else { return }
        entry.pointee.offset = offset
        guard let metadata else { return }
        // The list frees it.
        entry.pointee.metadata = UnsafeMutableRawPointer(strdup(metadata))
        entry.pointee.metadata_size = metadata.utf8.count
    }

    /// The partitions of a list that something else owns.
    static func partitions(in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> [TopicPartition] {
        entries(in: list).map { TopicPartition(topic: String(cString: $0.topic), partition: $0.partition) }
    }

    static func entries(
        in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        guard let list else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }
}
