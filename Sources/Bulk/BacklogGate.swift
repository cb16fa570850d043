internal import Glibc
package import Kafka
internal import Logging

/// How far ahead of a consumer group sending may run.
package struct BacklogLimit: Sendable {
    package let group: String
    package let bytes: Int
    /// How to ask for the group's offsets.
    package let properties: KafkaProperties

    package init(group: String, bytes: Int, properties: KafkaProperties) {
        self.group = group
        self.bytes = bytes
        self.properties = properties
    }

    /// What the embedded broker keeps without dropping: it holds 5 MiB a partition, and keys do not spread quite evenly.
    package static func embeddedBroker(group: String, partitions: Int, properties: KafkaProperties) -> BacklogLimit {
        BacklogLimit(group: group, bytes: max(1, partitions) * 2 << 20, properties: properties)
    }
}

/// Holds sending back while the group has too much before it. Blocks.
struct BacklogGate {
    private let limit: BacklogLimit
    private let topic: String
    private let admin: KafkaAdmin
    private var sentBytes = 0
    private var sentCount = 0
    private var uncheckedBytes = 0

    init(_ limit: BacklogLimit, topic: String, logger: Logger) throws(KafkaError) {
        self.limit = limit
        self.topic = topic
        admin = try KafkaAdmin(properties: limit.properties.merging([("group.id", limit.group)]), logger: logger)
    }

    /// Notes that `bytes` were handed to the producer, and waits if the backlog may have grown beyond the limit.
    mutating func pass(_ bytes: Int, by producer: BulkProducer, waiting: (Int64) -> Void) throws(KafkaError) {
        sentBytes += bytes
        sentCount += 1
        uncheckedBytes += bytes
        guard uncheckedBytes >= limit.bytes / 4 else { return }
        try producer.flush(timeout: .seconds(60))
        while true {
            let lag = try admin.lag(of: limit.group, topic: topic, timeout: .seconds(10))
            if Int(lag) * (sentBytes / sentCount) <= limit.bytes / 2 { break }
            waiting(lag)
            usleep(100_000)
        }
        uncheckedBytes = 0
    }
}
