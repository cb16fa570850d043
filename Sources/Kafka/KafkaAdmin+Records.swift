internal import CRdKafka

extension KafkaAdmin {
    /// The offset of each partition's first message that is not older than a time; a partition without one is left out.
    ///
    /// - Parameter time: unix milliseconds.
    /// - Throws: `KafkaError`. librdkafka's mock cluster does not know the times of its messages, and must not be asked.
    package func offsets(
        of partitions: [TopicPartition], since time: Int64, timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: time) }
        let result = list.use { rd_kafka_offsets_for_times(handle.pointer, $0, timeout.milliseconds) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(result, "cannot ask for the offsets of a time") }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.use({ Array(PartitionList.entries(in: $0)) }) {
            let partition = TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
            guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw error(entry.err, "cannot ask \(partition) for the offset of a time")
            }
            if entry.offset >= 0 { offsets[partition] = entry.offset }
        }
        return offsets
    }

    /// Deletes the messages of partitions before an offset of each.
    ///
    /// - Returns: false if the broker has no admin API, and has deleted nothing.
    /// - Throws: `KafkaError`; of several partitions some may have been cut all the same.
    package func deleteRecords(before offsets: [TopicPartition: Int64], timeout: Duration) throws(KafkaError) -> Bool {
        guard try hasController(timeout: timeout) else { return false }
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(partition, offset: offset) }
        var orders: [OpaquePointer?] = [list.use { rd_kafka_DeleteRecords_new($0) }]
        defer { rd_kafka_DeleteRecords_destroy_array(&orders, orders.count) }
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_DELETERECORDS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DeleteRecords(handle.pointer, &orders, orders.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds + 1_000) else {
            throw KafkaError(.timedOut, "cannot delete messages: no answer from Kafka at \(handle.brokers)")
        }
        defer { rd_kafka_event_destroy(event) }
        let overall = rd_kafka_event_error(event)
        guard overall == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(overall, "cannot delete messages") }
        let results = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
        for entry in PartitionList.entries(in: UnsafeMutablePointer(mutating: results)) where entry.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(entry.err, while: "cannot delete messages of \(String(cString: entry.topic))/\(entry.partition)")
        }
        return true
    }
}
