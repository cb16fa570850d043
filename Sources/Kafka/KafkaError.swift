internal import CRdKafka

/// What went wrong between us and Kafka, in words that say what to do about it.
package struct KafkaError: Error, CustomStringConvertible, Sendable {
    package enum Code: Sendable, Equatable {
        case brokerUnreachable
        case authenticationFailed
        case notAuthorized
        case unknownTopic
        case messageTooLarge
        case invalidConfiguration
        case timedOut
        case cancelled
        /// The group shares out its partitions; the same commit may succeed after that.
        case rebalanceInProgress
        /// The group has gone on without this member, whose partitions are others' now.
        case notMember
        /// Another producer has taken over the transactional id, or the coordinator has timed the transaction out.
        case producerFenced
        /// The handle can do no more work and must be made anew.
        case fatal
        case other(String)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// - Parameters:
    ///   - response: librdkafka's code.
    ///   - reason: librdkafka's own words, where it has some beyond the code's.
    ///   - context: what was being done, as in `cannot produce to llm.responses`.
    init(_ response: rd_kafka_resp_err_t, reason: String? = nil, while context: String) {
        let detail = reason ?? String(cString: rd_kafka_err2str(response))
        let (code, advice) = Self.explain(response)
        self.code = code
        message = advice.isEmpty ? "\(context): \(detail)" : "\(context): \(detail); \(advice)"
    }

    private static func explain(_ response: rd_kafka_resp_err_t) -> (Code, String) {
        switch response {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
            (
                .brokerUnreachable,
                "check that bootstrap.servers is right, that the broker is up, and that security.protocol is what it expects"
            )
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            (.authenticationFailed, "check sasl.mechanism, sasl.username and sasl.password under kafka:")
        case RD_KAFKA_RESP_ERR__SSL:
            (.authenticationFailed, "check ssl.ca.location and the certificates under kafka:")
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            (.notAuthorized, "ask for the ACL that allows this principal to do it")
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            (.unknownTopic, "create the topic, or set topics.create: true")
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            (.messageTooLarge, "raise message.max.bytes under kafka: and max.message.bytes of the topic")
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            (.timedOut, "")
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
            (.rebalanceInProgress, "")
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
            RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
            (.notMember, "")
        case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
            (.producerFenced, "")
        case RD_KAFKA_RESP_ERR__FATAL:
            (.fatal, "")
        default:
            (.other(String(cString: rd_kafka_err2name(response))), "")
        }
    }
}
