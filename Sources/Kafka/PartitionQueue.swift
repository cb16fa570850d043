internal import CRdKafka
internal import EventLoop
internal import Logging

/// What librdkafka has fetched of one assigned partition. Confined to its loop.
///
/// A queue that is not drained is the back-pressure: librdkafka keeps `queued.max.messages.kbytes` a partition and then stops
/// fetching. Partitions are never paused through its API, which in 2.0.2 may skip messages that are consumed in batches
/// (https://github.com/confluentinc/librdkafka/releases/tag/v2.1.0, batch consumer fixes).
package final class PartitionQueue {
    private let queue: KafkaQueue
    private let partition: TopicPartition
    private let log: KafkaLog
    private let batch: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    /// - Parameter onMessages: called on the loop when there may be messages to `take`.
    init(_ partition: TopicPartition, of handle: KafkaHandle, on loop: EventLoop, log: KafkaLog, onMessages: @escaping () -> Void) {
        self.partition = partition
        self.log = log
        batch = .allocate(capacity: 64)
        let pointer = rd_kafka_queue_get_partition(handle.pointer, partition.topic, partition.partition)
        guard let pointer else { preconditionFailure("librdkafka has no queue for \(partition)") }
        // Unless told otherwise, the partitions' queues lead into the group's.
        rd_kafka_queue_forward(pointer, nil)
        queue = KafkaQueue(pointer, of: handle)
        queue.start(on: loop, serve: onMessages)
    }

    deinit {
        batch.deallocate()
    }

    /// Ends the calls to `onMessages`.
    package func stop() {
        queue.stop()
    }

    /// Takes up to `limit` messages, at most 64, without waiting.
    ///
    /// - Returns: the messages, and whether there may be more, which no further call to `onMessages` announces.
    package func take(_ limit: Int) -> (messages: [KafkaMessage], mayHaveMore: Bool) {
        let limit = min(limit, batch.count)
        guard limit > 0 else { return ([], true) }
        let count = rd_kafka_consume_batch_queue(queue.pointer, 0, batch.baseAddress, limit)
        guard count > 0 else { return ([], false) }
        var taken: [KafkaMessage] = []
        taken.reserveCapacity(count)
        for index in 0..<count {
            guard let raw = batch[index] else { continue }
            if raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                taken.append(KafkaMessage(raw, topic: partition.topic))
            } else {
                report(raw)
                rd_kafka_message_destroy(raw)
            }
        }
        // Errors count too: what is not a message has been taken from the queue all the same.
        return (taken, count == limit)
    }

    private func report(_ raw: UnsafeMutablePointer<rd_kafka_message_t>) {
        let reason = rd_kafka_message_errstr(raw).map { String(cString: $0) }
        log.logger.warning("\(KafkaError(raw.pointee.err, reason: reason, while: "cannot consume \(partition)"))")
    }
}
