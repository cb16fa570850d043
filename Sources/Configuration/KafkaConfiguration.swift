package import Kafka

/// librdkafka's properties for each kind of client, those that the client has itself not among them.
package struct KafkaConfiguration: Sendable {
    private enum Side: Sendable { case all, consumer, producer }

    private struct Property: Sendable {
        let side: Side
        let name: String
        let value: String
        let isGiven: Bool
    }

    private let properties: [Property]

    init(_ settings: Settings, _ problems: inout Problems) {
        var properties: [Property] = []
        for setting in settings.inEffect where setting.path.components[0] == "kafka" {
            let side: Side =
                switch setting.path.components[1] {
                case "consumer": .consumer
                case "producer": .producer
                default: .all
                }
            do {
                let value = try settings.textOrSecret(setting.path).reveal()
                properties.append(
                    Property(side: side, name: setting.path.last, value: value, isGiven: setting.origin != .initial))
            } catch {
                problems.add(error)
            }
        }
        self.properties = properties
        for (path, name) in [(["kafka", "bootstrap.servers"], "address"), (["kafka", "consumer", "group.id"], "name")] {
            let path = SettingPath(path)
            if settings.text(path).isEmpty { problems.add("\(path): must not be empty; give the \(name)", at: settings.origin(of: path)) }
        }
    }

    /// What was configured for consumers, `group.id` among it.
    package var consumerProperties: KafkaProperties { select(.consumer) { _ in true } }

    /// For the worker's consumer.
    package var workerConsumerProperties: KafkaProperties { consumerProperties }

    /// For the worker's producers.
    package var workerProducerProperties: KafkaProperties { select(.producer) { _ in true } }

    /// For a producer of many messages in a row.
    package var bulkProducerProperties: KafkaProperties { workerProducerProperties }

    /// For a reader of whole topics. It belongs to no group, and the worker's modest prefetch would only slow it down.
    package var readerProperties: KafkaProperties {
        select(.consumer) { $0.isGiven && !Self.groupOnly.contains($0.name) || $0.side == .all }
    }

    /// For questions about topics and about the group's offsets.
    package var adminProperties: KafkaProperties {
        select(.consumer) { $0.side == .all || $0.name == "group.id" }
    }

    private static let groupOnly: Set<String> = [
        "group.id", "group.instance.id", "partition.assignment.strategy", "auto.offset.reset", "statistics.interval.ms",
    ]

    /// The properties for all clients, and then those of one side, which win.
    private func select(_ side: Side, where isWanted: (Property) -> Bool) -> KafkaProperties {
        let wanted = properties.filter(isWanted)
        func values(_ side: Side) -> [(name: String, value: String)] {
            wanted.filter { $0.side == side }.map { ($0.name, $0.value) }
        }
        return KafkaProperties(values(.all)).merging(values(side))
    }
}

extension KafkaConfiguration: CustomReflectable {
    /// Without children, so that no password is shown.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
