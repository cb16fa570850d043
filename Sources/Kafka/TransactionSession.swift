internal import CRdKafka
internal import EventLoop
internal import Logging

/// One librdkafka producer with a transactional id, and the calls that make a transaction. Every call blocks: for one thread at a time.
final class TransactionSession {
    /// What became of the messages of a transaction.
    private struct Delivery {
        var failure: KafkaError?
        /// Whether messages were dropped because the transaction has failed.
        var wasPurged = false
        var rejected: [Int: KafkaError] = [:]
        /// How many messages of each partition were refused for their size.
        var tooLarge: [TopicPartition: Int] = [:]

        var hasFailed: Bool { failure != nil || wasPurged }
    }

    let isOneByOne: Bool
    private let handle: KafkaHandle
    private let queue: OpaquePointer?
    private let log: KafkaLog
    private var topics: [String: OpaquePointer] = [:]
    private var delivery = Delivery()
    private var isInitialised = false

    /// - Parameter isOneByOne: whether each message travels in a batch of its own, so that a refusal names it.
    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    init(properties: KafkaProperties, isOneByOne: Bool, log: KafkaLog) throws(KafkaError) {
        let properties = isOneByOne ? properties.merging([("batch.num.messages", "1")]) : properties
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        rd_kafka_set_log_queue(handle.pointer, nil)
        queue = rd_kafka_queue_get_main(handle.pointer)
        self.isOneByOne = isOneByOne
        self.log = log
    }

    deinit {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        rd_kafka_queue_destroy(queue)
    }

    /// Ends what an earlier producer with the same id has left open, and fences it. Resumes where an earlier call ran out of time.
    func initialise(timeout: Duration) -> TransactionFailure? {
        guard !isInitialised else { return nil }
        let failure = failure(rd_kafka_init_transactions(handle.pointer, timeout.milliseconds), while: "cannot begin transactions")
        isInitialised = failure == nil
        serve(waiting: .zero)
        return failure
    }

    func begin() -> TransactionFailure? {
        delivery = Delivery()
        return failure(rd_kafka_begin_transaction(handle.pointer), while: "cannot begin a transaction")
    }

    /// Hands over all messages and waits for their delivery reports, up to librdkafka's `message.timeout.ms`, or until `isAbandoned`.
    func produce(_ messages: [TransactionMessage], isAbandoned: () -> Bool) -> TransactionPlan.Result {
        let everything = Array(messages.indices)
        // Where each message has its own batch, each topic has its own turn: brokers may refuse a topic as a whole.
        let turns = isOneByOne ? Dictionary(grouping: everything) { messages[$0].topic }.values.sorted { $0[0] < $1[0] } : [everything]
        for turn in turns {
            for index in turn {
                guard !isAbandoned() else { return .abandoned }
                enqueue(messages[index], index: index, isAbandoned: isAbandoned)
            }
            while rd_kafka_outq_len(handle.pointer) > 0, !delivery.hasFailed {
                guard !isAbandoned() else { return .abandoned }
                serve(waiting: .milliseconds(100))
            }
            serve(waiting: .zero)
            if delivery.hasFailed { return refusal(of: turn, in: messages) }
        }
        return .done
    }

    private func refusal(of turn: [Int], in messages: [TransactionMessage]) -> TransactionPlan.Result {
        if !delivery.rejected.isEmpty {
            return .refused(delivery.rejected, isShared: delivery.tooLarge.values.contains { $0 > 1 })
        }
        let error = delivery.failure ?? KafkaError(RD_KAFKA_RESP_ERR__PURGE_QUEUE, while: "cannot produce")
        let failure = reasonOfFailure() ?? TransactionFailure(kind: .abortable, error: error)
        guard failure.kind == .abortable, failure.error.code == .notAuthorized else { return .failed(failure) }
        // Partitions join the transaction before messages are sent, and one that may not fails them all.
        let rejected = turn.map { ($0, KafkaError(.notAuthorized, "cannot produce to \(messages[$0].topic): \(failure.error)")) }
        return .refused(Dictionary(uniqueKeysWithValues: rejected), isShared: Set(turn.map { messages[$0].topic }).count > 1)
    }

    /// - Parameter timeout: how long the two coordinators may take.
    func sendOffsets(_ offsets: [OffsetCommit], as identity: MemberIdentity, timeout: Duration) -> TransactionFailure? {
        let list = PartitionList(capacity: offsets.count)
        for commit in offsets { list.add(commit.partition, offset: commit.offset, metadata: commit.metadata) }
        let error = identity.use { identity in
            list.use { rd_kafka_send_offsets_to_transaction(handle.pointer, $0, identity, timeout.milliseconds) }
        }
        serve(waiting: .zero)
        return failure(error, while: "cannot commit offsets in a transaction")
    }

    /// Resumes where an earlier call ran out of time.
    func commit(timeout: Duration) -> TransactionFailure? {
        let error = rd_kafka_commit_transaction(handle.pointer, timeout.milliseconds)
        serve(waiting: .zero)
        return failure(error, while: "cannot commit a transaction")
    }

    /// Resumes where an earlier call ran out of time.
    func abort(timeout: Duration) -> TransactionFailure? {
        let deadline = MonotonicTime.now + timeout
        while true {
            // librdkafka waits for the reports of the messages that it drops, and we must take them: it cannot have much time until then.
            let limit: Duration = rd_kafka_outq_len(handle.pointer) > 0 ? .milliseconds(100) : timeout
            let failure = failure(rd_kafka_abort_transaction(handle.pointer, limit.milliseconds), while: "cannot abort a transaction")
            serve(waiting: .zero)
            if failure?.kind != .retriable || MonotonicTime.now >= deadline { return failure }
        }
    }

    /// Takes all events there are, and waits at most `wait` for the first.
    func serve(waiting wait: Duration) {
        var wait = wait.milliseconds
        while let event = rd_kafka_queue_poll(queue, wait) {
            wait = 0
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

    // MARK: Messages

    /// Copies one message into the send queue. While that is full, waits.
    private func enqueue(_ message: TransactionMessage, index: Int, isAbandoned: () -> Bool) {
        guard !delivery.hasFailed || !delivery.rejected.isEmpty else { return }
        guard let topic = topicHandle(message.topic) else {
            return note(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, index: index, topic: message.topic)
        }
        while true {
            let headers = headers(of: message)
            let result = message.value.withBytes { value in
                switchyard_kafka_produce(
                    handle.pointer, topic, Int32(RD_KAFKA_MSG_F_COPY), message.key, message.key?.count ?? 0,
                    UnsafeMutableRawPointer(mutating: value.baseAddress), value.count, headers,
                    UnsafeMutableRawPointer(bitPattern: index + 1))
            }
            if result == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            if let headers { rd_kafka_headers_destroy(headers) }
            guard result == RD_KAFKA_RESP_ERR__QUEUE_FULL else { return note(result, index: index, topic: message.topic) }
            guard !isAbandoned(), !delivery.hasFailed else { return }
            serve(waiting: .milliseconds(100))
        }
    }

    private func headers(of message: TransactionMessage) -> OpaquePointer? {
        var headers = KafkaHeaders()
        for (name, value) in message.headers { value.withBytes { headers.add(name, $0) } }
        return headers.take()
    }

    private func report(_ message: rd_kafka_message_t) {
        switch message.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: break
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: delivery.wasPurged = true
        default:
            let topic = String(cString: rd_kafka_topic_name(message.rkt))
            note(message.err, index: Int(bitPattern: message._private) - 1, topic: topic)
            if message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE {
                delivery.tooLarge[TopicPartition(topic: topic, partition: message.partition), default: 0] += 1
            }
        }
    }

    private func note(_ result: rd_kafka_resp_err_t, index: Int, topic: String) {
        let error = KafkaError(result, while: "cannot produce to \(topic)")
        switch error.code {
        case .messageTooLarge, .unknownTopic, .notAuthorized: delivery.rejected[index] = error
        default: break
        }
        if delivery.failure == nil { delivery.failure = error }
    }

    private func topicHandle(_ name: String) -> OpaquePointer? {
        if let known = topics[name] { return known }
        guard let topic = rd_kafka_topic_new(handle.pointer, name, nil) else { return nil }
        topics[name] = topic
        return topic
    }

    // MARK: Errors

    /// Why the open transaction has failed: librdkafka answers a call that is out of place with it.
    private func reasonOfFailure() -> TransactionFailure? {
        guard let error = rd_kafka_begin_transaction(handle.pointer) else { return nil }
        guard rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__STATE else {
            // Only out of place: the transaction itself has not failed.
            rd_kafka_error_destroy(error)
            return nil
        }
        return failure(error, while: "the transaction failed")
    }

    private func failure(_ error: OpaquePointer?, while context: String) -> TransactionFailure? {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        let kind: TransactionFailure.Kind =
            if rd_kafka_error_is_retriable(error) != 0 {
                .retriable
            } else if rd_kafka_error_txn_requires_abort(error) != 0 {
                .abortable
            } else {
                .fatal
            }
        let reason = String(cString: rd_kafka_error_string(error))
        return TransactionFailure(kind: kind, error: KafkaError(rd_kafka_error_code(error), reason: reason, while: context))
    }
}

extension [UInt8]? {
    /// The bytes, or none at all, which Kafka tells from no bytes.
    fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let self else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // An empty array may have no address.
        return self.isEmpty
            ? withUnsafeBytes(of: UInt8(0)) { body(UnsafeRawBufferPointer(rebasing: $0[..<0])) } : self.withUnsafeBytes(body)
    }
}
