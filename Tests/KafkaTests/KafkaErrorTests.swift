import CRdKafka
import Testing

@testable import Kafka

/// The usual mistakes are told apart, and each error says what to do.
@Suite struct KafkaErrorTests {
    @Test(arguments: [
        (RD_KAFKA_RESP_ERR__TRANSPORT, KafkaError.Code.brokerUnreachable, "bootstrap.servers"),
        (RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, .brokerUnreachable, "bootstrap.servers"),
        (RD_KAFKA_RESP_ERR__AUTHENTICATION, .authenticationFailed, "sasl.password"),
        (RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, .authenticationFailed, "sasl.password"),
        (RD_KAFKA_RESP_ERR__SSL, .authenticationFailed, "ssl.ca.location"),
        (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .notAuthorized, "ACL"),
        (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .unknownTopic, "topics.create"),
        (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .messageTooLarge, "max.message.bytes"),
        (RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, .rebalanceInProgress, "commit"),
        (RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, .notMember, "commit"),
    ])
    func saysWhatHappenedAndWhatToDo(response: rd_kafka_resp_err_t, code: KafkaError.Code, advice: String) {
        let error = KafkaError(response, while: "cannot commit")
        #expect(error.code == code)
        #expect(error.description.hasPrefix("cannot commit: "))
        #expect(error.description.contains(advice))
    }
}
