internal import CRdKafka
internal import EventLoop
package import Logging

/// Questions and orders about topics and groups. Every call blocks: use it on a `BlockingThread`.
package final class KafkaAdmin: Sendable {
    let handle: KafkaHandle
    private let log: KafkaLog

    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    package init(properties: KafkaProperties, logger: Logger) throws(KafkaError) {
        let needed = [(name: "log.queue", value: "true"), (name: "enable.auto.commit", value: "false")]
        var properties = properties.merging(needed)
        // A consumer handle, for committed offsets are asked by group; without a group it asks for topics only.
        if properties["group.id"] == nil { properties = properties.merging([("group.id", "switchyard-admin")]) }
        handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties, events: RD_KAFKA_EVENT_ERROR)
        rd_kafka_poll_set_consumer(handle.pointer)
        rd_kafka_set_log_queue(handle.pointer, nil)
        log = KafkaLog(logger: logger)
    }

    /// The cluster's topics and how many partitions each has.
    ///
    /// - Parameter names: the topics to ask for; a broker that creates topics on request may then do so. Nil asks for all there are.
    /// - Throws: `KafkaError`; if no broker answers, with the reason that librdkafka gave for it.
    package func partitionCounts(of names: [String]? = nil, timeout: Duration) throws(KafkaError) -> [String: Int] {
        guard let names else { return try metadata(nil, timeout: timeout) }
        var counts: [String: Int] = [:]
        for name in names {
            guard let topic = rd_kafka_topic_new(handle.pointer, name, nil) else { continue }
            defer { rd_kafka_topic_destroy(topic) }
            counts.merge(try metadata(topic, timeout: timeout)) { $1 }
        }
        return counts
    }

    /// Makes sure that topics exist: creates the missing ones by the admin API, or, on a broker without it, by asking for them.
    ///
    /// - Returns: the names of those that were created.
    /// - Throws: `KafkaError`, naming the topic.
    package func ensureTopics(
        _ names: [String], partitions: Int, replicationFactor: Int, timeout: Duration
    ) throws(KafkaError) -> [String] {
        let existing = try partitionCounts(timeout: timeout)
        let missing = names.filter { existing[$0] == nil }
        guard !missing.isEmpty else { return [] }
        if try !create(missing, partitions: partitions, replicationFactor: replicationFactor, timeout: timeout) {
            let asked = try partitionCounts(of: missing, timeout: timeout)
            for name in missing where asked[name] == nil {
                throw KafkaError(.unknownTopic, "topic \(name) does not exist, and this broker has no admin API to create it")
            }
        }
        return missing
    }

    /// Whether the brokers are librdkafka's mock cluster, which forgets what is beyond its memory.
    package func isEmbeddedBroker(timeout: Duration) -> Bool {
        clusterID(timeout: timeout).hasPrefix("mockCluster")
    }

    /// The cluster's id; empty if the brokers do not tell it in time.
    package func clusterID(timeout: Duration) -> String {
        guard let id = rd_kafka_clusterid(handle.pointer, timeout.milliseconds) else { return "" }
        defer { rd_kafka_mem_free(handle.pointer, id) }
        return String(cString: id)
    }

    /// How many messages of a topic the group has not done, by its commits and their metadata; nil if the broker does not say in time.
    package func lag(of group: String, topic: String, timeout: Duration) throws(KafkaError) -> Int64 {
        let count = try partitionCounts(of: [topic], timeout: timeout)[topic] ?? 0
        let list = PartitionList((0..<Int32(count)).map { TopicPartition(topic: topic, partition: $0) })
        let result = list.use { rd_kafka_committed(handle.pointer, $0, timeout.milliseconds) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(result, "cannot ask for the offsets of group \(group)") }
        var lag: Int64 = 0
        let assigned = list.use { list in
            PartitionList.entries(in: list).map { AssignedPartition($0, TopicPartition(topic: topic, partition: $0.partition)) }
        }
        for entry in assigned {
            let (low, high) = try watermarks(topic: topic, partition: entry.partition.partition, timeout: timeout)
            lag += max(0, high - max(low, entry.committed ?? 0) - Int64(entry.completed.count))
        }
        return lag
    }

    /// The first and the next offset of a partition.
    package func watermarks(topic: String, partition: Int32, timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
        var low: Int64 = 0
        var high: Int64 = 0
        let result = rd_kafka_query_watermark_offsets(handle.pointer, topic, partition, &low, &high, timeout.milliseconds)
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(result, "cannot ask for the offsets of \(topic)/\(partition)") }
        return (low, high)
    }

    private func metadata(_ topic: OpaquePointer?, timeout: Duration) throws(KafkaError) -> [String: Int] {
        var pointer: UnsafePointer<rd_kafka_metadata>?
        let result = rd_kafka_metadata(handle.pointer, topic == nil ? 1 : 0, topic, &pointer, timeout.milliseconds)
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR, let pointer else { throw error(result, "no answer from Kafka at \(handle.brokers)") }
        defer { rd_kafka_metadata_destroy(pointer) }
        var counts: [String: Int] = [:]
        for entry in UnsafeBufferPointer(start: pointer.pointee.topics, count: Int(pointer.pointee.topic_cnt)) {
            let name = String(cString: entry.topic)
            switch entry.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR: counts[name] = Int(entry.partition_cnt)
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: break
            default: throw KafkaError(entry.err, while: "cannot use topic \(name)")
            }
        }
        return counts
    }

    /// Returns false if the broker has no admin API.
    private func create(_ names: [String], partitions: Int, replicationFactor: Int, timeout: Duration) throws(KafkaError) -> Bool {
        guard try hasController(timeout: timeout) else { return false }
        var topics: [OpaquePointer?] = names.map {
            rd_kafka_NewTopic_new($0, Int32(partitions), Int32(replicationFactor), nil, 0)
        }
        defer { rd_kafka_NewTopic_destroy_array(&topics, topics.count) }
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(handle.pointer, &topics, topics.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds + 1_000) else {
            throw KafkaError(.timedOut, "cannot create topics \(names.joined(separator: ", ")): no answer from Kafka at \(handle.brokers)")
        }
        defer { rd_kafka_event_destroy(event) }
        let overall = rd_kafka_event_error(event)
        guard overall == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw error(overall, "cannot create topics \(names.joined(separator: ", "))")
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let code = rd_kafka_topic_result_error(result)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { continue }
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            throw KafkaError(code, reason: reason, while: "cannot create topic \(String(cString: rd_kafka_topic_result_name(result)))")
        }
        return true
    }

    /// Whether the cluster's controller is one of its brokers. Without one, an admin request would only time out.
    func hasController(timeout: Duration) throws(KafkaError) -> Bool {
        var pointer: UnsafePointer<rd_kafka_metadata>?
        let result = rd_kafka_metadata(handle.pointer, 0, nil, &pointer, timeout.milliseconds)
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR, let pointer else { throw error(result, "no answer from Kafka at \(handle.brokers)") }
        defer { rd_kafka_metadata_destroy(pointer) }
        let controller = rd_kafka_controllerid(handle.pointer, timeout.milliseconds)
        return UnsafeBufferPointer(start: pointer.pointee.brokers, count: Int(pointer.pointee.broker_cnt)).contains { $0.id == controller }
    }

    /// The error for a failed call: why the brokers cannot be reached is told by events, not by the call, which only timed out.
    func error(_ result: rd_kafka_resp_err_t, _ context: String) -> KafkaError {
        var cause: KafkaError?
        while let event = rd_kafka_consumer_event(handle.pointer) {
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
                let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
                let next = KafkaError(rd_kafka_event_error(event), reason: reason, while: context)
                // "All brokers down" follows each cause and says less.
                if cause == nil || next.code == .authenticationFailed { cause = next }
            }
            rd_kafka_event_destroy(event)
        }
        return cause ?? KafkaError(result, while: context)
    }
}

private func rd_kafka_consumer_event(_ handle: OpaquePointer) -> OpaquePointer? {
    guard let queue = rd_kafka_queue_get_consumer(handle) else { return nil }
    defer { rd_kafka_queue_destroy(queue) }
    return rd_kafka_queue_poll(queue, 0)
}

extension Duration {
    /// Whole milliseconds, as librdkafka's timeouts want them.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
