internal import CRdKafka
package import Logging

/// A producer for many messages in a row, with large batches. Blocks: use it on a `BlockingThread`.
package final class BulkProducer {
    private let handle: KafkaHandle
    private let queue: OpaquePointer?
    private let log: KafkaLog
    private var failure: KafkaError?
    private var topics: [String: OpaquePointer] = [:]
    private var reports: [BulkDelivery] = []

    /// How many messages the broker has acknowledged.
    package private(set) var delivered = 0

    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    package init(properties: KafkaProperties, logger: Logger) throws(KafkaError) {
        let defaults: [(name: String, value: String)] = [
            ("enable.idempotence", "true"), ("acks", "all"), ("compression.type", "lz4"), ("linger.ms", "20"),
            ("message.max.bytes", "67108864"), ("batch.num.messages", "10000"), ("log.queue", "true"),
        ]
        handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, KafkaProperties(defaults).merging(properties.values), events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        rd_kafka_set_log_queue(handle.pointer, nil)
        queue = rd_kafka_queue_get_main(handle.pointer)
        log = KafkaLog(logger: logger)
    }

    deinit {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        rd_kafka_queue_destroy(queue)
    }

    /// Copies one message into the send queue, and waits while the queue is full.
    ///
    /// - Parameters:
    ///   - value: its bytes; without an address, a tombstone.
    ///   - ticket: a number above 0 by which `takeReports` tells what became of the message; its failure is then no failure of the rest.
    /// - Throws: `KafkaError`, also the one that an earlier message without a ticket met.
    package func produce(
        topic: String, key: [UInt8]?, value: UnsafeRawBufferPointer, headers: consuming KafkaHeaders = KafkaHeaders(), ticket: Int = 0
    ) throws(KafkaError) {
        let topicHandle = topics[topic] ?? rd_kafka_topic_new(handle.pointer, topic, nil)
        topics[topic] = topicHandle
        let headers = headers.take()
        while true {
            let result = switchyard_kafka_produce(
                handle.pointer, topicHandle, Int32(RD_KAFKA_MSG_F_COPY), key, key?.count ?? 0,
                UnsafeMutableRawPointer(mutating: value.baseAddress), value.count, headers, UnsafeMutableRawPointer(bitPattern: ticket))
            if result == RD_KAFKA_RESP_ERR_NO_ERROR { break }
            guard result == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                if let headers { rd_kafka_headers_destroy(headers) }
                throw KafkaError(result, while: "cannot produce to \(topic)")
            }
            try serve(waiting: 100)
        }
        try serve(waiting: 0)
    }

    /// Waits until the broker has acknowledged everything.
    ///
    /// - Throws: `KafkaError` of the first message that failed, or `timedOut`.
    package func flush(timeout: Duration) throws(KafkaError) {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while rd_kafka_outq_len(handle.pointer) > 0 {
            try serve(waiting: 50)
            if clock.now > deadline {
                throw KafkaError(
                    .timedOut, "\(rd_kafka_outq_len(handle.pointer)) messages were not acknowledged by Kafka at \(handle.brokers) in time")
            }
        }
        try serve(waiting: 0)
    }

    /// What has become of messages with a ticket since the last call.
    package func takeReports() -> [BulkDelivery] {
        defer { reports.removeAll() }
        return reports
    }

    private func serve(waiting milliseconds: Int32) throws(KafkaError) {
        var wait = milliseconds
        while let event = rd_kafka_queue_poll(queue, wait) {
            wait = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) {
                    report(message.pointee)
                }
            case RD_KAFKA_EVENT_ERROR: log.error(event, brokers: handle.brokers)
            case RD_KAFKA_EVENT_LOG: log.log(event)
            default: break
            }
            rd_kafka_event_destroy(event)
        }
        if let failure { throw failure }
    }

    private func report(_ message: rd_kafka_message_t) {
        var error: KafkaError?
        if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            delivered += 1
        } else {
            error = KafkaError(message.err, while: "cannot produce to \(String(cString: rd_kafka_topic_name(message.rkt)))")
        }
        let ticket = Int(bitPattern: message._private)
        if ticket > 0 {
            reports.append(BulkDelivery(ticket: ticket, error: error))
        } else if failure == nil {
            failure = error
        }
    }
}

/// What became of one message.
package struct BulkDelivery: Sendable {
    package let ticket: Int
    /// Nil if the broker has it.
    package let error: KafkaError?
}
