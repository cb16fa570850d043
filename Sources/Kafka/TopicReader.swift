internal import CRdKafka
package import Logging

/// Reads whole topics from given offsets, outside of any group. Blocks: use it on a `BlockingThread`.
package final class TopicReader {
    private let handle: KafkaHandle
    private let queue: OpaquePointer?

    /// - Parameters:
    ///   - positions: the partitions to read and the next offset of each.
    /// - Throws: `KafkaError`.
    package init(properties: KafkaProperties, positions: [TopicPartition: Int64], logger: Logger) throws(KafkaError) {
        let needed = [
            (name: "group.id", value: "switchyard-reader"), (name: "enable.auto.commit", value: "false"),
            (name: "auto.offset.reset", value: "earliest"),
        ]
        handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties.merging(needed), events: 0)
        rd_kafka_poll_set_consumer(handle.pointer)
        queue = rd_kafka_queue_get_consumer(handle.pointer)
        let list = PartitionList(capacity: positions.count)
        for (partition, offset) in positions { list.add(partition, offset: offset) }
        let result = list.use { rd_kafka_assign(handle.pointer, $0) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, while: "cannot read from Kafka at \(handle.brokers)") }
    }

    deinit {
        rd_kafka_queue_destroy(queue)
    }

    /// Up to 1,000 messages, as soon as there are some; none if the time is over first.
    ///
    /// - Throws: `KafkaError` if a partition cannot be read at all.
    package func read(timeout: Duration) throws(KafkaError) -> [KafkaMessage] {
        var batch = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: 1_000)
        guard let first = rd_kafka_consumer_poll(handle.pointer, timeout.milliseconds) else { return [] }
        batch[0] = first
        let more = rd_kafka_consume_batch_queue(queue, 0, &batch[1], batch.count - 1)
        var messages: [KafkaMessage] = []
        var failure: KafkaError?
        for raw in batch.prefix(1 + max(0, more)) {
            guard let raw else { continue }
            let topic = raw.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
            if raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                messages.append(KafkaMessage(raw, topic: topic))
                continue
            }
            let error = KafkaError(raw.pointee.err, while: "cannot read \(topic)/\(raw.pointee.partition)")
            if error.code != .brokerUnreachable, error.code != .timedOut { failure = error }
            rd_kafka_message_destroy(raw)
        }
        if messages.isEmpty, let failure { throw failure }
        return messages
    }
}
