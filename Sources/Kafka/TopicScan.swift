internal import CRdKafka

/// Reads parts of partitions once, in order, outside of any group. Blocks: use it on a `BlockingThread`.
package final class TopicScan {
    /// How long a broker may keep silent before reading is given up.
    private static let patience = Duration.seconds(60)

    private let handle: KafkaHandle
    private let queue: OpaquePointer?
    private let clock = ContinuousClock()
    /// The offset at which to stop, of the partitions that have not come to it.
    private var ends: [TopicPartition: Int64] = [:]

    /// - Parameter ranges: the offsets to read of each partition.
    /// - Throws: `KafkaError`.
    package init(properties: KafkaProperties, ranges: [TopicPartition: Range<Int64>]) throws(KafkaError) {
        let needed = [
            (name: "group.id", value: "switchyard-reader"), (name: "enable.auto.commit", value: "false"),
            (name: "auto.offset.reset", value: "earliest"), (name: "enable.partition.eof", value: "true"),
        ]
        handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties.merging(needed), events: 0)
        rd_kafka_poll_set_consumer(handle.pointer)
        queue = rd_kafka_queue_get_consumer(handle.pointer)
        let list = PartitionList(capacity: ranges.count)
        for (partition, range) in ranges where !range.isEmpty {
            list.add(partition, offset: range.lowerBound)
            ends[partition] = range.upperBound
        }
        let result = list.use { rd_kafka_assign(handle.pointer, $0) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, while: "cannot read from Kafka at \(handle.brokers)") }
    }

    deinit {
        rd_kafka_queue_destroy(queue)
    }

    /// The next messages, up to 1,000; those of one partition in order.
    ///
    /// - Returns: nil when all has been read.
    /// - Throws: `KafkaError` if a partition cannot be read, or the brokers keep silent for a minute.
    package func next() throws(KafkaError) -> [KafkaMessage]? {
        let deadline = clock.now + Self.patience
        while !ends.isEmpty {
            let messages = try poll()
            if !messages.isEmpty { return messages }
            guard clock.now < deadline else {
                let unread = ends.keys.map(\.description).sorted().joined(separator: ", ")
                throw KafkaError(.timedOut, "no messages from \(unread) at \(handle.brokers) in time")
            }
        }
        return nil
    }

    private func poll() throws(KafkaError) -> [KafkaMessage] {
        var batch = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: 1_000)
        guard let first = rd_kafka_consumer_poll(handle.pointer, 200) else { return [] }
        batch[0] = first
        let more = rd_kafka_consume_batch_queue(queue, 0, &batch[1], batch.count - 1)
        var messages: [KafkaMessage] = []
        var failure: KafkaError?
        for raw in batch.prefix(1 + max(0, more)) {
            guard let raw else { continue }
            let topic = raw.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
            let partition = TopicPartition(topic: topic, partition: raw.pointee.partition)
            let offset = raw.pointee.offset
            guard raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                if raw.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
                    ends[partition] = nil
                } else {
                    let error = KafkaError(raw.pointee.err, while: "cannot read \(partition)")
                    if error.code != .brokerUnreachable, error.code != .timedOut { failure = error }
                }
                rd_kafka_message_destroy(raw)
                continue
            }
            let message = KafkaMessage(raw, topic: topic)
            guard let end = ends[partition] else { continue }
            if offset < end { messages.append(message) }
            if offset + 1 >= end { ends[partition] = nil }
        }
        if let failure { throw failure }
        return messages
    }
}
