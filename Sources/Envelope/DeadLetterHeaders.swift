/// Why and whence a message came to the dead-letter topic, as headers that Spring's tools read as well.
package struct DeadLetterHeaders: Hashable, Sendable {
    /// Who set the original message's timestamp.
    package enum TimestampType: String, CaseIterable, Hashable, Sendable {
        case createTime = "CreateTime"
        case logAppendTime = "LogAppendTime"
        case none = "NoTimestampType"
    }

    package var topic: String
    package var partition: Int32
    package var offset: Int64

    /// The original message's timestamp in unix milliseconds; -1 if it has none.
    package var timestamp: Int64
    package var timestampType: TimestampType
    package var consumerGroup: String
    package var code: ErrorCode

    /// What was wrong, for people.
    package var message: String

    /// The id of the worker that gave up.
    package var worker: String

    /// How many provider calls were made.
    package var attempts: Int

    /// True if the broker refused the full value, so that the dead letter has only a part of it.
    package var isTruncated: Bool

    package init(
        topic: String, partition: Int32, offset: Int64, timestamp: Int64, timestampType: TimestampType, consumerGroup: String,
        code: ErrorCode, message: String, worker: String, attempts: Int = 0, isTruncated: Bool = false
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.timestampType = timestampType
        self.consumerGroup = consumerGroup
        self.code = code
        self.message = message
        self.worker = worker
        self.attempts = attempts
        self.isTruncated = isTruncated
    }

    // MARK: Headers

    private enum Name {
        static let topic = "kafka_dlt-original-topic"
        static let partition = "kafka_dlt-original-partition"
        static let offset = "kafka_dlt-original-offset"
        static let timestamp = "kafka_dlt-original-timestamp"
        static let timestampType = "kafka_dlt-original-timestamp-type"
        static let consumerGroup = "kafka_dlt-original-consumer-group"
        static let exception = "kafka_dlt-exception-fqcn"
        static let exceptionMessage = "kafka_dlt-exception-message"
        static let code = "switchyard-error-code"
        static let message = "switchyard-error-message"
        static let origin = "switchyard-origin"
        static let worker = "switchyard-worker"
        static let attempts = "switchyard-attempts"
        static let truncated = "switchyard-truncated"

        static let all: Set<String> = [
            topic, partition, offset, timestamp, timestampType, consumerGroup, exception, exceptionMessage, code, message, origin,
            worker, attempts, truncated,
        ]
    }

    /// True if a header of that name is one of a dead letter's, to be left out when the message is sent again.
    package static func owns(_ name: String) -> Bool {
        Name.all.contains(name)
    }

    /// Tells that the dead letter has only a part of the value.
    package static let truncated = MessageHeader(Name.truncated, "true")

    /// The headers to add to the original message's.
    package var headers: [MessageHeader] {
        var headers = [
            MessageHeader(Name.topic, topic),
            MessageHeader(name: Name.partition, value: BigEndian.bytes(partition)),
            MessageHeader(name: Name.offset, value: BigEndian.bytes(offset)),
            MessageHeader(name: Name.timestamp, value: BigEndian.bytes(timestamp)),
            MessageHeader(Name.timestampType, timestampType.rawValue),
            MessageHeader(Name.consumerGroup, consumerGroup),
            MessageHeader(Name.exception, "switchyard.\(code.rawValue)"),
            MessageHeader(Name.exceptionMessage, message),
            MessageHeader(Name.code, code.rawValue),
            MessageHeader(Name.message, message),
            MessageHeader(Name.origin, "\(topic)/\(partition)/\(offset)"),
            MessageHeader(Name.worker, worker),
            MessageHeader(Name.attempts, "\(attempts)"),
        ]
        if isTruncated { headers.append(Self.truncated) }
        return headers
    }

    /// Reads a dead letter's headers back. Where a name stands several times the last one counts, as the newest.
    ///
    /// - Returns: `nil` if one of the headers that Switchyard always writes is missing or not readable.
    package init?(reading headers: [MessageHeader]) {
        func value(_ name: String) -> [UInt8]? { headers.last { $0.name == name }?.value }
        func text(_ name: String) -> String? { value(name).flatMap { String(validating: $0, as: UTF8.self) } }
        guard let topic = text(Name.topic), let consumerGroup = text(Name.consumerGroup), let message = text(Name.message),
            let worker = text(Name.worker), let code = text(Name.code).flatMap(ErrorCode.init(rawValue:)),
            let timestampType = text(Name.timestampType).flatMap(TimestampType.init(rawValue:)),
            let partition = value(Name.partition).flatMap({ BigEndian.integer($0, as: Int32.self) }),
            let offset = value(Name.offset).flatMap({ BigEndian.integer($0, as: Int64.self) }),
            let timestamp = value(Name.timestamp).flatMap({ BigEndian.integer($0, as: Int64.self) })
        else { return nil }
        self.init(
            topic: topic, partition: partition, offset: offset, timestamp: timestamp, timestampType: timestampType,
            consumerGroup: consumerGroup, code: code, message: message, worker: worker,
            attempts: text(Name.attempts).flatMap { Int($0) } ?? 0, isTruncated: text(Name.truncated) == "true")
    }
}
