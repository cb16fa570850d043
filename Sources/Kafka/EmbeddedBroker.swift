internal import CRdKafka
package import Logging

/// librdkafka's mock cluster: real sockets and Kafka's real protocol, in this process, for trying things out and for tests.
///
/// It keeps a partition's newest 5 MiB or 100,000 batches in memory and silently drops what is older, has no admin API, creates a
/// topic when it is first asked for, and keeps transactional offsets not at all.
package final class EmbeddedBroker: Sendable {
    private let handle: KafkaHandle
    // The mock cluster is locked inside; freed once, in deinit.
    private nonisolated(unsafe) let cluster: OpaquePointer

    /// Where clients connect: `host:port,…`.
    package let bootstrapServers: String

    /// An error that brokers answer with, for tests of what clients make of it.
    package enum Fault: Sendable {
        case notLeader, requestTimedOut, notEnoughReplicas, messageTooLarge, topicAuthorizationFailed, coordinatorNotAvailable
    }

    /// The requests that faults can be set for.
    package enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case offsetCommit = 8
        case joinGroup = 11
        case heartbeat = 12
    }

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
        let code =
            switch fault {
            case .notLeader: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            case .messageTooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
            case .topicAuthorizationFailed: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            case .coordinatorNotAvailable: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            }
        let codes = [rd_kafka_resp_err_t](repeating: code, count: count)
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, count, codes)
    }
}
