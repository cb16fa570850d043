internal import CRdKafka

/// The offsets of a group that has no members, read and written from outside. A broker forgets them some time after the last commit
/// (`offsets.retention.minutes`, a week by default).
extension KafkaAdmin {
    /// What a group has committed of the partitions, one entry for each.
    ///
    /// - Parameter group: the properties' `group.id`.
    /// - Throws: `KafkaError` if the group's coordinator does not tell in time.
    package func committed(
        _ partitions: [TopicPartition], by group: String, timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: AssignedPartition] {
        guard !partitions.isEmpty else { return [:] }
        let list = PartitionList(partitions)
        let result = list.use { rd_kafka_committed(handle.pointer, $0, timeout.milliseconds) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(result, "cannot ask for the offsets of group \(group)") }
        var committed: [TopicPartition: AssignedPartition] = [:]
        for entry in list.use({ Array(PartitionList.entries(in: $0)) }) {
            let partition = TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
            committed[partition] = AssignedPartition(entry, partition)
        }
        return committed
    }

    /// Commits offsets of a group, and waits until the coordinator has them.
    ///
    /// - Parameter group: the properties' `group.id`.
    /// - Throws: `KafkaError`; nothing is committed then, or not surely.
    package func commit(_ offsets: [OffsetCommit], of group: String, timeout: Duration) throws(KafkaError) {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(capacity: offsets.count)
        for commit in offsets { list.add(commit.partition, offset: commit.offset, metadata: commit.metadata) }
        let answers = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(answers) }
        var result = list.use { rd_kafka_commit_queue(handle.pointer, $0, answers, nil, nil) }
        if result == RD_KAFKA_RESP_ERR_NO_ERROR {
            result = RD_KAFKA_RESP_ERR__TIMED_OUT
            if let event = rd_kafka_queue_poll(answers, timeout.milliseconds) {
                result = rd_kafka_event_error(event)
                rd_kafka_event_destroy(event)
            }
        }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(result, "cannot commit offsets of group \(group)") }
    }
}
