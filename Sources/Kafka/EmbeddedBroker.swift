internal import CRdKafka
package import Logging

/// librdkafka's mock cluster: real sockets and Kafka's real protocol, in this process, for trying things out and for tests.
///
/// It keeps a partition's newest 5 MiB or 100,000 batches in memory and silently drops what is older, has no admin API, and creates a
/// topic when it is first asked for. It takes part in transactions, but shows a reader all messages at once, aborted ones too, and keeps
/// transactional offsets not at all.
package final class EmbeddedBroker: Sendable {
    private let handle: KafkaHandle
    // The mock cluster is locked inside; freed once, in deinit.
    private nonisolated(unsafe) let cluster: OpaquePointer

    /// Where clients connect: `host:port,…`.
    package let bootstrapServers: String

    /// How many brokers there are. Their numbers begin at 1.
    package let brokerCount: Int

    /// Starts the brokers on free loopback ports.
    ///
    /// - Throws: `KafkaError` if a socket could not be opened.
    package init(brokers: Int = 1, logger: Logger) throws(KafkaError) {
        // The instance only carries the cluster; its advice to configure a broker would mislead.
        let handle = try KafkaHandle(RD_KAFKA_PRODUCER, KafkaProperties([("log_level", "4")]), events: 0)
        guard let cluster = rd_kafka_mock_cluster_new(handle.pointer, Int32(brokers)) else {
            throw KafkaError(.other("mock"), "could not start the embedded broker: no loopback port could be opened")
        }
        self.handle = handle
        self.cluster = cluster
        brokerCount = brokers
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        logger.info("embedded broker started", metadata: ["bootstrap.servers": "\(bootstrapServers)"])
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
    }

    /// Creates a topic. One that exists already is left as it is.
    package func createTopic(_ name: String, partitions: Int) {
        rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
    }

    /// Answers the next `count` requests of a kind with an error.
    package func inject(_ fault: Fault, into request: Request, count: Int) {
        let codes = [rd_kafka_resp_err_t](repeating: fault.code, count: count)
        rd_kafka_mock_push_request_errors_array(cluster, request.key, count, codes)
    }

    // MARK: Brokers

    /// Makes another broker the leader of a partition. Its messages stay. A topic that does not exist is created.
    ///
    /// - Throws: `KafkaError` if there is no such broker or partition.
    package func moveLeader(topic: String, partition: Int32, to broker: Int32) throws(KafkaError) {
        try check(
            rd_kafka_mock_partition_set_leader(cluster, topic, partition, try existing(broker)),
            while: "cannot move \(topic)/\(partition) to broker \(broker)")
    }

    /// Makes another broker the coordinator of a consumer group.
    ///
    /// - Throws: `KafkaError` if there is no such broker.
    package func moveCoordinator(group: String, to broker: Int32) throws(KafkaError) {
        try check(
            rd_kafka_mock_coordinator_set(cluster, "group", group, try existing(broker)),
            while: "cannot move the coordinator of \(group) to broker \(broker)")
    }

    /// Closes a broker's connections and refuses new ones. Its partitions stay its own.
    ///
    /// - Throws: `KafkaError` if there is no such broker.
    package func setDown(_ broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_down(cluster, try existing(broker)), while: "cannot take broker \(broker) down")
    }

    /// Lets a broker that was down accept connections again, at its old address.
    ///
    /// - Throws: `KafkaError` if there is no such broker.
    package func setUp(_ broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_up(cluster, try existing(broker)), while: "cannot bring broker \(broker) up")
    }

    /// Makes a broker wait before it answers.
    ///
    /// - Throws: `KafkaError` if there is no such broker.
    package func setRoundTrip(_ broker: Int32, _ time: Duration) throws(KafkaError) {
        try check(
            rd_kafka_mock_broker_set_rtt(cluster, try existing(broker), time.milliseconds), while: "cannot slow broker \(broker) down")
    }

    /// librdkafka takes -1 for all brokers, or for none.
    private func existing(_ broker: Int32) throws(KafkaError) -> Int32 {
        guard broker >= 1, broker <= brokerCount else {
            throw KafkaError(.other("mock"), "there is no broker \(broker): the numbers are 1 to \(brokerCount)")
        }
        return broker
    }

    private func check(_ result: rd_kafka_resp_err_t, while context: String) throws(KafkaError) {
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, while: context) }
    }
}
