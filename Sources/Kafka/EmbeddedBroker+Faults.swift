internal import CRdKafka

extension EmbeddedBroker {
    /// An error that brokers answer with, by the name it has in Kafka's protocol.
    package enum Fault: String, CaseIterable, Sendable {
        case concurrentTransactions = "concurrent-transactions"
        case coordinatorLoadInProgress = "coordinator-load-in-progress"
        case coordinatorNotAvailable = "coordinator-not-available"
        case fencedInstanceID = "fenced-instance-id"
        case groupAuthorizationFailed = "group-authorization-failed"
        case illegalGeneration = "illegal-generation"
        case invalidProducerEpoch = "invalid-producer-epoch"
        case invalidProducerIDMapping = "invalid-producer-id-mapping"
        case invalidTransactionState = "invalid-txn-state"
        case messageTooLarge = "message-too-large"
        case notCoordinator = "not-coordinator"
        case notEnoughReplicas = "not-enough-replicas"
        case notLeader = "not-leader"
        case producerFenced = "producer-fenced"
        case rebalanceInProgress = "rebalance-in-progress"
        case requestTimedOut = "request-timed-out"
        case topicAuthorizationFailed = "topic-authorization-failed"
        case unknownMemberID = "unknown-member-id"

        var code: rd_kafka_resp_err_t {
            switch self {
            case .concurrentTransactions: RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS
            case .coordinatorLoadInProgress: RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            case .coordinatorNotAvailable: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            case .fencedInstanceID: RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
            case .groupAuthorizationFailed: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            case .illegalGeneration: RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
            case .invalidProducerEpoch: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
            case .invalidProducerIDMapping: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING
            case .invalidTransactionState: RD_KAFKA_RESP_ERR_INVALID_TXN_STATE
            case .messageTooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
            case .notCoordinator: RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            case .notLeader: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            case .producerFenced: RD_KAFKA_RESP_ERR_PRODUCER_FENCED
            case .rebalanceInProgress: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
            case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            case .topicAuthorizationFailed: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            case .unknownMemberID: RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
            }
        }
    }

    /// A request that faults can be set for, by the name it has in Kafka's protocol.
    package enum Request: String, CaseIterable, Sendable {
        case produce = "produce"
        case fetch = "fetch"
        case metadata = "metadata"
        case offsetCommit = "offset-commit"
        case findCoordinator = "find-coordinator"
        case joinGroup = "join-group"
        case heartbeat = "heartbeat"
        case syncGroup = "sync-group"
        case initProducerID = "init-producer-id"
        case addPartitionsToTransaction = "add-partitions-to-txn"
        case addOffsetsToTransaction = "add-offsets-to-txn"
        case endTransaction = "end-txn"
        case transactionOffsetCommit = "txn-offset-commit"

        /// https://kafka.apache.org/protocol#protocol_api_keys
        var key: Int16 {
            switch self {
            case .produce: 0
            case .fetch: 1
            case .metadata: 3
            case .offsetCommit: 8
            case .findCoordinator: 10
            case .joinGroup: 11
            case .heartbeat: 12
            case .syncGroup: 14
            case .initProducerID: 22
            case .addPartitionsToTransaction: 24
            case .addOffsetsToTransaction: 25
            case .endTransaction: 26
            case .transactionOffsetCommit: 28
            }
        }
    }
}
