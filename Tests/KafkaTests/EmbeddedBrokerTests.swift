import EventLoop
import Logging
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct EmbeddedBrokerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func aProducerLosesNothingWhileLeadersMoveAndBrokersGoDownAndUp() async throws {
        let broker = try EmbeddedBroker(brokers: 3, logger: logger)
        broker.createTopic("moving", partitions: 3)
        let loop = EventLoop(name: "test")
        defer { loop.shutDown() }
        let properties = KafkaProperties([("bootstrap.servers", broker.bootstrapServers), ("reconnect.backoff.max.ms", "200")])
        let producer = ProducerHolder(properties: properties, loop: loop)
        func send(_ numbers: Range<Int>) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in numbers { group.addTask { try await producer.send("\(number)", key: "\(number)", to: "moving") } }
                try await group.waitForAll()
            }
        }
        func moveLeaders(to number: Int32) throws {
            for partition: Int32 in 0..<3 { try broker.moveLeader(topic: "moving", partition: partition, to: number) }
        }
        try await send(0..<50)
        async let whileLeadersMove: Void = send(50..<100)
        try moveLeaders(to: 3)
        try await whileLeadersMove
        try broker.setDown(3)
        async let whileTheLeaderIsDown: Void = send(100..<150)
        try moveLeaders(to: 1)
        try await whileTheLeaderIsDown
        try broker.setUp(3)
        try broker.setRoundTrip(3, .milliseconds(20))
        try moveLeaders(to: 3)
        try await send(150..<200)
        try broker.setDown(3)
        async let untilTheLeaderIsUp: Void = send(200..<300)
        try broker.setUp(3)
        try await untilTheLeaderIsUp
        let positions = (0..<3).map { (TopicPartition(topic: "moving", partition: Int32($0)), Int64(0)) }
        let reader = try TopicReader(properties: properties, positions: Dictionary(uniqueKeysWithValues: positions), logger: logger)
        var seen: Set<Int> = []
        while seen.count < 300 {
            let messages = try reader.read(timeout: .seconds(20))
            if messages.isEmpty { break }
            seen.formUnion(messages.compactMap { $0.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } })
        }
        #expect(seen == Set(0..<300))
    }

    @Test func transactionsGoOnWhenTheirCoordinatorsMove() async throws {
        let broker = try EmbeddedBroker(brokers: 2, logger: logger)
        broker.createTopic("requests", partitions: 1)
        broker.createTopic("responses", partitions: 1)
        try broker.moveCoordinator(group: "workers", to: 1)
        let loop = EventLoop(name: "test")
        defer { loop.shutDown() }
        let properties = KafkaProperties([("bootstrap.servers", broker.bootstrapServers)])
        let consumer = try Consumer(
            properties: properties.merging([("group.id", "workers")]), loop: loop, laneCount: 1, logger: logger, onStatistics: { _ in })
        let lane = LaneHolder(consumer: consumer, loop: loop)
        await lane.start()
        try await consumer.subscribe(to: ["requests"], listeners: [lane.listener])
        let partition = TopicPartition(topic: "requests", partition: 0)
        try await Condition.wait(for: "the assignment") { await lane.assigned == [partition] }
        let producer = try TransactionalProducer(properties: properties, transactionalID: "worker", logger: logger)
        for (number, coordinator) in [Int32(1), 2, 1].enumerated() {
            try broker.moveCoordinator(group: "workers", to: coordinator)
            let offset = OffsetCommit(partition: partition, offset: Int64(number), completed: CompletedOffsets(), limit: 4_096)
            let message = TransactionMessage(topic: "responses", key: nil, value: Array("\(number)".utf8))
            let outcome = await producer.run([message], offsets: [offset], member: consumer.member)
            guard case .committed = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        await consumer.close(timeout: .seconds(20))
    }

    @Test func aBrokerThatDoesNotExistIsAnErrorThatSaysWhichDo() throws {
        let broker = try EmbeddedBroker(brokers: 2, logger: logger)
        for number: Int32 in [-1, 0, 3] {
            let error = #expect(throws: KafkaError.self) { try broker.setDown(number) }
            #expect(error?.message == "there is no broker \(number): the numbers are 1 to 2")
        }
        #expect(throws: KafkaError.self) { try broker.moveCoordinator(group: "g", to: 3) }
        broker.createTopic("small", partitions: 1)
        #expect(throws: KafkaError.self) { try broker.moveLeader(topic: "small", partition: 5, to: 1) }
    }
}
