import EventLoop
import Logging
import TestSupport
import Testing

@testable import Kafka

/// A broker, and what transactions are made with.
///
/// The mock cluster shows a reader all messages, aborted ones too, keeps transactional offsets not at all, does not fence a producer when
/// another one takes its id, and is not told the group's generation (TxnOffsetCommit has it from version 3 on). What can be tested on it
/// is what the brokers are asked, and what becomes of their errors.
struct TransactionStage: Sendable {
    static let partition = TopicPartition(topic: "requests", partition: 0)
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let broker: EmbeddedBroker
    /// Between the producers and the broker.
    let proxy: KafkaProxy
    let consumer: Consumer
    let lane: LaneHolder

    var member: GroupMember { consumer.member }

    /// - Parameter joins: whether the consumer is to have its partition, for which the mock cluster takes three seconds. Without it,
    ///   transactions can have no offsets.
    static func with(joins: Bool, _ body: (TransactionStage) async throws -> Void) async throws {
        let broker = try EmbeddedBroker(logger: silent)
        broker.createTopic("requests", partitions: 1)
        broker.createTopic("responses", partitions: 1)
        let loop = EventLoop(name: "test")
        defer { loop.shutDown() }
        let group = [
            ("bootstrap.servers", broker.bootstrapServers), ("group.id", "workers"), ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "200"),
        ]
        let consumer = try Consumer(
            properties: KafkaProperties(group.map { (name: $0.0, value: $0.1) }), loop: loop, laneCount: 1, logger: silent,
            onStatistics: { _ in })
        let lane = LaneHolder(consumer: consumer, loop: loop)
        if joins {
            await lane.start()
            try await consumer.subscribe(to: ["requests"], listeners: [lane.listener])
            try await Condition.wait(for: "the assignment") { await lane.assigned == [partition] }
        }
        let proxy = try await KafkaProxy(to: broker.bootstrapServers)
        try await body(TransactionStage(broker: broker, proxy: proxy, consumer: consumer, lane: lane))
        await consumer.close(timeout: .seconds(20))
    }

    func producer(_ others: [(name: String, value: String)] = [], logger: Logger = silent) throws -> TransactionalProducer {
        let own = [(name: "bootstrap.servers", value: proxy.bootstrapServers), (name: "client.id", value: "producer")]
        return try TransactionalProducer(properties: KafkaProperties(own).merging(others), transactionalID: "worker-1", logger: logger)
    }

    func requests() throws -> [KafkaProxy.Request] {
        try proxy.requests(of: "producer")
    }

    /// Those that make transactions, without the connections' own.
    func transactionRequests() throws -> [KafkaProxy.Request] {
        let names: Set = ["InitProducerId", "AddPartitionsToTxn", "Produce", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"]
        return try requests().filter { names.contains($0.name) }
    }

    /// All that is in partition 0 of a topic.
    func read(_ topic: String) throws -> [KafkaMessage] {
        let reader = try TopicReader(
            properties: KafkaProperties([("bootstrap.servers", broker.bootstrapServers)]),
            positions: [TopicPartition(topic: topic, partition: 0): 0], logger: Self.silent)
        var messages: [KafkaMessage] = []
        while case let more = try reader.read(timeout: .seconds(2)), !more.isEmpty { messages += more }
        return messages
    }

    func message(_ text: String, to topic: String = "responses") -> TransactionMessage {
        TransactionMessage(topic: topic, key: Array("key".utf8), value: Array(text.utf8))
    }

    func offsets(_ offset: Int64, completed: ClosedRange<Int64>? = nil) -> [OffsetCommit] {
        var offsets = CompletedOffsets()
        if let completed { offsets.append(completed) }
        return [OffsetCommit(partition: Self.partition, offset: offset, completed: offsets, limit: 4_096)]
    }

    func expectCommitted(_ outcome: TransactionOutcome, _ location: SourceLocation = #_sourceLocation) {
        guard case .committed = outcome else {
            Issue.record("\(outcome)", sourceLocation: location)
            return
        }
    }

    func expectFenced(_ outcome: TransactionOutcome, _ code: KafkaError.Code, _ location: SourceLocation = #_sourceLocation) {
        guard case .fenced(let error) = outcome else {
            Issue.record("\(outcome)", sourceLocation: location)
            return
        }
        #expect(error.code == code, sourceLocation: location)
    }

    func expectAborted(
        _ outcome: TransactionOutcome, _ code: KafkaError.Code, rejected: [Int] = [], _ location: SourceLocation = #_sourceLocation
    ) {
        guard case .aborted(let error, let found) = outcome else {
            Issue.record("\(outcome)", sourceLocation: location)
            return
        }
        #expect(error.code == code, sourceLocation: location)
        #expect(found.keys.sorted() == rejected, sourceLocation: location)
        #expect(found.values.allSatisfy { $0.code == code }, sourceLocation: location)
    }
}
