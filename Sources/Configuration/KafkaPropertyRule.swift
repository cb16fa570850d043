internal import Kafka

/// What librdkafka's own check does not know of its properties: whose they are, and which ones the worker cannot leave to a user.
enum KafkaPropertyRule {
    /// Properties that only consumers have; others would log a warning about them.
    static let consumerOnly: Set<String> = [
        "auto.commit.interval.ms", "auto.offset.reset", "check.crcs", "consume.callback.max.messages", "coordinator.query.interval.ms",
        "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes",
        "fetch.wait.max.ms", "group.id", "group.instance.id", "group.protocol.type", "heartbeat.interval.ms", "isolation.level",
        "max.partition.fetch.bytes", "max.poll.interval.ms", "partition.assignment.strategy", "queued.max.messages.kbytes",
        "queued.min.messages", "session.timeout.ms",
    ]

    /// Properties that only producers have.
    static let producerOnly: Set<String> = [
        "acks", "batch.num.messages", "batch.size", "compression.codec", "compression.level", "compression.type", "delivery.timeout.ms",
        "enable.gapless.guarantee", "enable.idempotence", "linger.ms", "message.send.max.retries", "message.timeout.ms", "partitioner",
        "queue.buffering.backpressure.threshold", "queue.buffering.max.kbytes", "queue.buffering.max.messages", "queue.buffering.max.ms",
        "queuing.strategy", "request.required.acks", "request.timeout.ms", "retries", "retry.backoff.ms", "sticky.partitioning.linger.ms",
        "transaction.timeout.ms",
    ]

    /// Properties that may not be set, and why.
    static let refused: [String: String] = [
        "enable.auto.commit": "the worker commits offsets itself, once their requests are answered",
        "auto.commit.enable": "the worker commits offsets itself, once their requests are answered",
        "enable.auto.offset.store": "the worker keeps track of offsets itself",
        "offset.store.method": "offsets are kept by the broker",
        "offset.store.path": "offsets are kept by the broker",
        "offset.store.sync.interval.ms": "offsets are kept by the broker",
        "enable.partition.eof": "the worker has no use for the end of a partition",
        "log.queue": "librdkafka's log goes to the worker's",
        "delivery.report.only.error": "the worker waits for each message's report",
        "produce.offset.report": "librdkafka has dropped it",
        "transactional.id": "the worker has one of its own for each event loop; set worker.delivery: exactly_once for transactions",
        "metadata.broker.list": "it is another name of bootstrap.servers; use that",
    ]

    static func isSecret(_ name: String) -> Bool {
        name.hasSuffix("password") || name.hasSuffix("secret") || name == "ssl.key.pem"
    }

    /// Where a property belongs: one that only consumers or producers have is moved to their section.
    static func home(of path: SettingPath) -> SettingPath {
        guard path.components.count == 2, path.components[0] == "kafka" else { return path }
        if consumerOnly.contains(path.last) { return SettingPath(["kafka", "consumer", path.last]) }
        if producerOnly.contains(path.last) { return SettingPath(["kafka", "producer", path.last]) }
        return path
    }

    /// - Throws: a complaint if the property cannot be set there, or not to this value.
    static func check(_ path: SettingPath, _ value: String) throws(Complaint) {
        let name = path.last
        if let reason = refused[name] { throw Complaint("cannot be set: \(reason)") }
        let (isConsumer, isProducer) = (path.components[1] == "consumer", path.components[1] == "producer")
        if isConsumer, producerOnly.contains(name) { throw Complaint("is a property of producers; set kafka.producer.\(name)") }
        if isProducer, consumerOnly.contains(name) { throw Complaint("is a property of consumers; set kafka.consumer.\(name)") }
        do {
            try KafkaProperties([(name, value)]).validate()
        } catch {
            throw Complaint(isSecret(name) ? "is not taken by librdkafka" : reason(error, name))
        }
    }

    private static func reason(_ error: KafkaError, _ name: String) -> String {
        let place = "kafka.\(name): "
        let reason = error.message.hasPrefix(place) ? String(error.message.dropFirst(place.count)) : error.message
        let unknown = "librdkafka has no such property"
        guard reason.hasPrefix(unknown), let near = NearestName.of(name, among: familiar) else { return reason }
        return "\(unknown); did you mean \(near)?"
    }

    private static let familiar =
        ["bootstrap.servers", "client.id", "security.protocol", "sasl.mechanism", "sasl.username", "sasl.password", "ssl.ca.location"]
        + consumerOnly.sorted() + producerOnly.sorted()
}
