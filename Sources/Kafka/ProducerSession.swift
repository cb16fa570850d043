internal import CRdKafka
internal import EventLoop
internal import Glibc
internal import Logging

/// One librdkafka producer instance with its delivery reports. Confined to its loop.
final class ProducerSession {
    let handle: KafkaHandle
    private let queue: KafkaQueue
    private let log: KafkaLog
    private var topics: [String: OpaquePointer] = [:]
    /// Who waits for which message; a message carries its index as librdkafka's opaque.
    private var waiting: [UnsafeContinuation<rd_kafka_resp_err_t, Never>?] = []
    private var freeSlots: [Int] = []

    /// Messages whose delivery report has not come.
    var queued: Int { Int(rd_kafka_outq_len(handle.pointer)) }

    init(properties: KafkaProperties, loop: EventLoop, log: KafkaLog) throws(KafkaError) {
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS)
        rd_kafka_set_log_queue(handle.pointer, nil)
        queue = KafkaQueue(rd_kafka_queue_get_main(handle.pointer), of: handle)
        self.log = log
        queue.start(on: loop) { [unowned self] in serve() }
    }

    deinit {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
    }

    /// Hands one message to librdkafka and waits for its delivery report.
    func deliver(
        topic: String, key: [UInt8]?, value: UnsafeRawBufferPointer?, headers: consuming KafkaHeaders
    ) async -> rd_kafka_resp_err_t {
        let topic = topicHandle(topic)
        let headers = headers.take()
        return await withUnsafeContinuation { continuation in
            let slot = claim(continuation)
            // With neither F_COPY nor F_FREE the value stays the caller's, who waits here for the report.
            let result = switchyard_kafka_produce(
                handle.pointer, topic, 0, key, key?.count ?? 0,
                UnsafeMutableRawPointer(mutating: value?.baseAddress), value?.count ?? 0, headers,
                UnsafeMutableRawPointer(bitPattern: slot + 1))
            if result != RD_KAFKA_RESP_ERR_NO_ERROR {
                if let headers { rd_kafka_headers_destroy(headers) }
                release(slot)?.resume(returning: result)
            }
        }
    }

    /// Hands one message to librdkafka, which frees the value, and waits for nothing.
    ///
    /// - Returns: false if librdkafka does not take it.
    func post(
        topic name: String, key: [UInt8]?, value: UnsafeMutableRawPointer, count: Int, headers: consuming KafkaHeaders
    ) -> Bool {
        let headers = headers.take()
        let result = switchyard_kafka_produce(
            handle.pointer, topicHandle(name), Int32(RD_KAFKA_MSG_F_FREE), key, key?.count ?? 0, value, count, headers, nil)
        guard result != RD_KAFKA_RESP_ERR_NO_ERROR else { return true }
        if let headers { rd_kafka_headers_destroy(headers) }
        free(value)
        log.logger.warning("\(KafkaError(result, while: "cannot produce to \(name)")); the message is dropped")
        return false
    }

    /// Makes librdkafka report every message it still holds as failed.
    func purge() {
        rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    private func serve() {
        while let event = queue.poll() {
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) { report(message.pointee) }
            case RD_KAFKA_EVENT_ERROR: log.error(event, brokers: handle.brokers)
            case RD_KAFKA_EVENT_LOG: log.log(event)
            default: break
            }
            rd_kafka_event_destroy(event)
        }
    }

    private func report(_ message: rd_kafka_message_t) {
        let slot = Int(bitPattern: message._private) - 1
        guard slot < 0 else {
            release(slot)?.resume(returning: message.err)
            return
        }
        guard message.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let topic = String(cString: rd_kafka_topic_name(message.rkt))
        log.logger.warning("\(KafkaError(message.err, while: "cannot produce to \(topic)")); the message is lost")
    }

    private func claim(_ continuation: UnsafeContinuation<rd_kafka_resp_err_t, Never>) -> Int {
        if let slot = freeSlots.popLast() {
            waiting[slot] = continuation
            return slot
        }
        waiting.append(continuation)
        return waiting.count - 1
    }

    private func release(_ slot: Int) -> UnsafeContinuation<rd_kafka_resp_err_t, Never>? {
        let continuation = waiting[slot]
        waiting[slot] = nil
        freeSlots.append(slot)
        return continuation
    }

    private func topicHandle(_ name: String) -> OpaquePointer? {
        if let known = topics[name] { return known }
        guard let topic = rd_kafka_topic_new(handle.pointer, name, nil) else { return nil }
        topics[name] = topic
        return topic
    }
}
