/// One message of a transaction.
package struct TransactionMessage: Sendable {
    package let topic: String
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8]?)]

    package init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8]?)] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// What became of a transaction.
package enum TransactionOutcome: Sendable {
    case committed
    /// Nothing of it is published. `rejected` has the indices of the messages that no further try will get through (`messageTooLarge`,
    /// `unknownTopic`, `notAuthorized`); the others may be tried again. Of code `cancelled` after `abandon`.
    case aborted(KafkaError, rejected: [Int: KafkaError])
    /// Nothing of it is published. The group has gone on (`notMember`): others may own the partitions. Or the producer's transactional id
    /// has been taken over, or its transaction was timed out by the coordinator (`producerFenced`).
    case fenced(KafkaError)
    /// Whether it is published is not known, as after a fatal error during the commit. Unless the producer was abandoned meanwhile or
    /// could not be made anew, the transaction is over by now, one way or the other, and the committed offsets tell which.
    case unknown(KafkaError)
}

/// What librdkafka says of a transactional call that failed.
struct TransactionFailure: Sendable {
    enum Kind: Sendable, Equatable {
        /// The same call may be made again.
        case retriable
        /// The transaction must be aborted.
        case abortable
        /// The producer can do no more, or is in a state that it should not be in.
        case fatal
    }

    let kind: Kind
    let error: KafkaError

    /// Whether others have taken over the partitions or the producer's id.
    var isFence: Bool { error.code == .notMember || error.code == .producerFenced }

    /// Whether the brokers could not be reached, or did not answer in time.
    var isOutage: Bool { error.code == .brokerUnreachable || error.code == .timedOut }

    /// What it means for a transaction that surely was not committed.
    var outcome: TransactionOutcome { isFence ? .fenced(error) : .aborted(error, rejected: [:]) }
}
