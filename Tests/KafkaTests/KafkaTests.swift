import EventLoop
import Logging
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct KafkaTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func properties(_ broker: EmbeddedBroker, _ others: [(name: String, value: String)] = []) -> KafkaProperties {
        KafkaProperties([("bootstrap.servers", broker.bootstrapServers)]).merging(others)
    }

    private func withLoops(_ count: Int, _ body: ([EventLoop]) async throws -> Void) async throws {
        let loops = (0..<count).map { EventLoop(name: "test-\($0)") }
        defer { for loop in loops { loop.shutDown() } }
        try await body(loops)
    }

    @Test func messagesGoThroughOnceAndInBothLanesAndOffsetsAreCommitted() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        broker.createTopic("numbers", partitions: 6)
        try await withLoops(2) { loops in
            let group = [(name: "group.id", value: "readers"), (name: "auto.offset.reset", value: "earliest")]
            let consumer = try Consumer(
                properties: properties(broker, group), loop: loops[0], laneCount: 2, logger: logger, onStatistics: { _ in })
            let lanes = [
                LaneHolder(consumer: consumer, loop: loops[0]),
                LaneHolder(consumer: consumer, loop: loops[1]),
            ]
            for lane in lanes { await lane.start() }
            try await consumer.subscribe(to: ["numbers"], listeners: lanes.map(\.listener))
            let producer = ProducerHolder(properties: properties(broker), loop: loops[1])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<600 {
                    group.addTask { try await producer.send("\(number)", key: "key-\(number)", to: "numbers") }
                }
                try await group.waitForAll()
            }
            var values: [String] = []
            while values.count < 600 {
                values = await lanes[0].values + lanes[1].values
                await Task.yield()
            }
            #expect(Set(values.compactMap { Int($0) }) == Set(0..<600))
            #expect(values.count == 600)
            for lane in lanes {
                let (assigned, got) = (await lane.assigned.count, await lane.values.count)
                #expect(assigned == 3)
                #expect(got > 0)
            }
            await consumer.close(timeout: .seconds(20))
            for lane in lanes {
                let left = await lane.assigned
                #expect(left.isEmpty)
            }

            let admin = try KafkaAdmin(properties: properties(broker, group), logger: logger)
            let lag = try await BlockingThread.run { () throws(KafkaError) in
                try admin.lag(of: "readers", topic: "numbers", timeout: .seconds(10))
            }
            #expect(lag == 0)
        }
    }

    @Test func whatIsDoneBeyondTheCommittedOffsetIsToldToTheNextMember() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        broker.createTopic("resumed", partitions: 1)
        let partition = TopicPartition(topic: "resumed", partition: 0)
        let group = [
            (name: "group.id", value: "resumers"), (name: "auto.offset.reset", value: "earliest"),
            (name: "session.timeout.ms", value: "6000"),
        ]
        var completed = CompletedOffsets()
        completed.append(3...5)
        completed.append(9...9)
        try await withLoops(1) { loops in
            let producer = ProducerHolder(properties: properties(broker), loop: loops[0])
            try await producer.send("one", key: "k", to: "resumed")
            for turn in 0..<2 {
                let consumer = try Consumer(
                    properties: properties(broker, group), loop: loops[0], laneCount: 1, logger: logger, onStatistics: { _ in })
                let lane = LaneHolder(consumer: consumer, loop: loops[0])
                await lane.start()
                try await consumer.subscribe(to: ["resumed"], listeners: [lane.listener])
                try await Condition.wait(for: "the assignment") { await lane.assigned == [partition] }
                if turn == 0 {
                    try await Condition.wait(for: "the message") { await lane.values == ["one"] }
                    try await lane.commit(completed: completed)
                } else {
                    #expect(await lane.restored == [partition: completed])
                }
                await consumer.close(timeout: .seconds(20))
            }
        }
    }

    @Test func aProducerOutlivesBrokerErrors() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        broker.createTopic("faulty", partitions: 1)
        try await withLoops(1) { loops in
            let producer = ProducerHolder(properties: properties(broker), loop: loops[0])
            broker.inject(.notEnoughReplicas, into: .produce, count: 3)
            try await producer.send("kept", key: "k", to: "faulty", headers: [("switchyard-id", "k")])
            let reader = try TopicReader(
                properties: properties(broker), positions: [TopicPartition(topic: "faulty", partition: 0): 0], logger: logger)
            let message = try #require(try reader.read(timeout: .seconds(20)).first)
            #expect(message.value.map { String(decoding: $0, as: UTF8.self) } == "kept")
            #expect(message.header("switchyard-id").map { String(decoding: $0, as: UTF8.self) } == "k")
            #expect(message.headers.map(\.name) == ["switchyard-id"])
        }
    }

    @Test func aMessageThatTheBrokerRefusesForItsSizeIsATypedError() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        broker.createTopic("small", partitions: 1)
        try await withLoops(1) { loops in
            let producer = ProducerHolder(properties: properties(broker), loop: loops[0])
            broker.inject(.messageTooLarge, into: .produce, count: 1)
            let error = await #expect(throws: KafkaError.self) { try await producer.send("x", key: "k", to: "small") }
            #expect(error?.code == .messageTooLarge)
            #expect(error?.message.contains("max.message.bytes") == true)
        }
    }

    @Test func anUnknownPropertyIsNamedWithTheNearestOne() {
        let properties = KafkaProperties([("security.protocl", "ssl")])
        let error = #expect(throws: KafkaError.self) { try properties.validate() }
        #expect(error?.message == "kafka.security.protocl: librdkafka has no such property; did you mean 'security.protocol'?")
    }

    @Test func aWrongValueIsNamedWithItsProperty() {
        let error = #expect(throws: KafkaError.self) { try KafkaProperties([("linger.ms", "soon")]).validate() }
        #expect(error?.message.hasPrefix("kafka.linger.ms: ") == true)
    }

    @Test func anUnreachableBrokerIsAnErrorThatSaysWhatToCheck() async throws {
        // Port 1 is reserved and nothing listens on it.
        let admin = try KafkaAdmin(properties: KafkaProperties([("bootstrap.servers", "127.0.0.1:1")]), logger: logger)
        let error = await #expect(throws: KafkaError.self) {
            try await BlockingThread.run { () throws(KafkaError) in try admin.partitionCounts(timeout: .seconds(2)) }
        }
        #expect(error?.code == .brokerUnreachable)
        #expect(error?.message.contains("bootstrap.servers") == true)
        #expect(error?.message.contains("127.0.0.1:1") == true)
    }

    @Test func missingTopicsAreCreatedOnABrokerWithoutAnAdminAPI() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        let admin = try KafkaAdmin(properties: properties(broker), logger: logger)
        let created = try await BlockingThread.run { () throws(KafkaError) in
            try admin.ensureTopics(["one", "two"], partitions: 3, replicationFactor: 1, timeout: .seconds(10))
        }
        #expect(created == ["one", "two"])
        let counts = try await BlockingThread.run { () throws(KafkaError) in try admin.partitionCounts(timeout: .seconds(10)) }
        #expect(Set(counts.keys).isSuperset(of: ["one", "two"]))
    }

    @Test func bulkMessagesAreAllAcknowledgedAndReadBack() async throws {
        let broker = try EmbeddedBroker(logger: logger)
        broker.createTopic("bulk", partitions: 4)
        let properties = properties(broker)
        let logger = logger
        let count = try await BlockingThread.run { () throws -> Int in
            let producer = try BulkProducer(properties: properties, logger: logger)
            for number in 0..<20_000 {
                let text = Array("\(number)".utf8)
                try text.withUnsafeBytes { try producer.produce(topic: "bulk", key: text, value: $0) }
            }
            try producer.flush(timeout: .seconds(30))
            let positions = Dictionary(
                uniqueKeysWithValues: (0..<4).map { (TopicPartition(topic: "bulk", partition: Int32($0)), Int64(0)) })
            let reader = try TopicReader(properties: properties, positions: positions, logger: logger)
            var seen: Set<Int> = []
            while seen.count < 20_000 {
                let messages = try reader.read(timeout: .seconds(20))
                if messages.isEmpty { break }
                for message in messages {
                    if let value = message.value, let number = Int(String(decoding: value, as: UTF8.self)) { seen.insert(number) }
                }
            }
            #expect(producer.delivered == 20_000)
            return seen.count
        }
        #expect(count == 20_000)
    }
}
