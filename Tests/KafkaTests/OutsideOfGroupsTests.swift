import EventLoop
import Logging
import TestSupport
import Testing

@testable import Kafka

/// Reading parts of topics, sending with tickets, and a group's offsets, by a program that is no member of a group.
@Suite(.timeLimit(.minutes(1))) struct OutsideOfGroupsTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let broker: EmbeddedBroker

    init() throws {
        broker = try EmbeddedBroker(logger: Self.logger)
        broker.createTopic("letters", partitions: 2)
    }

    private var properties: KafkaProperties { KafkaProperties([("bootstrap.servers", broker.bootstrapServers)]) }

    /// Sends messages with these keys, which spread over the partitions.
    private func fill(_ keys: Range<Int>) throws(KafkaError) {
        let producer = try BulkProducer(properties: properties, logger: Self.logger)
        for key in keys {
            try producer.produce(topic: "letters", key: Array("\(key)".utf8), value: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        try producer.flush(timeout: .seconds(20))
    }

    private func scan(_ ranges: [TopicPartition: Range<Int64>]) throws(KafkaError) -> [TopicPartition: [Int64]] {
        let scan = try TopicScan(properties: properties, ranges: ranges)
        var offsets: [TopicPartition: [Int64]] = [:]
        while let messages = try scan.next() {
            for message in messages {
                offsets[TopicPartition(topic: message.topic, partition: message.partition), default: []].append(message.offset)
            }
        }
        return offsets
    }

    private let partitions = (0..<2).map { TopicPartition(topic: "letters", partition: Int32($0)) }

    @Test func aScanReadsWhatItIsToldToAndEnds() async throws {
        try await BlockingThread.run { [self] () throws in
            try fill(0..<3_000)
            let admin = try KafkaAdmin(properties: properties, logger: Self.logger)
            let ends = try partitions.map { try admin.watermarks(topic: $0.topic, partition: $0.partition, timeout: .seconds(10)).high }
            #expect(ends.allSatisfy { $0 > 100 } && ends.reduce(0, +) == 3_000)
            let all = try scan([partitions[0]: 0..<ends[0], partitions[1]: 0..<ends[1]])
            #expect(all == [partitions[0]: Array(0..<ends[0]), partitions[1]: Array(0..<ends[1])])
            let parts = try scan([partitions[0]: 10..<20, partitions[1]: ends[1] - 1..<ends[1]])
            #expect(parts == [partitions[0]: Array(10..<20), partitions[1]: [ends[1] - 1]])
            #expect(try scan([partitions[0]: 5..<5]).isEmpty)
            #expect(try scan([:]).isEmpty)
            // The range says more than there is, as where the last offsets are a transaction's markers.
            #expect(try scan([partitions[0]: ends[0] - 2..<ends[0] + 50]) == [partitions[0]: [ends[0] - 2, ends[0] - 1]])
        }
    }

    @Test func aScanOfWhatCannotBeReadFails() async throws {
        broker.inject(.topicAuthorizationFailed, into: .fetch, count: 100)
        try await BlockingThread.run { [self] () throws in
            try fill(0..<10)
            #expect(throws: KafkaError.self) { try scan([partitions[0]: 0..<10]) }
        }
    }

    @Test func aGroupsOffsetsAreKeptWithTheirMetadata() async throws {
        try await BlockingThread.run { [self] () throws in
            let first = try KafkaAdmin(properties: properties.merging([("group.id", "readers")]), logger: Self.logger)
            let before = try first.committed(partitions, by: "readers", timeout: .seconds(20))
            #expect(before.count == 2 && before.values.allSatisfy { $0.committed == nil && $0.completed.isEmpty })
            var completed = CompletedOffsets()
            completed.append(8...9)
            completed.append(12...12)
            try first.commit(
                [
                    OffsetCommit(partition: partitions[0], offset: 5, completed: completed, limit: 4_096),
                    OffsetCommit(partition: partitions[1], offset: 7, completed: CompletedOffsets(), limit: 4_096),
                ], of: "readers", timeout: .seconds(20))
            let second = try KafkaAdmin(properties: properties.merging([("group.id", "readers")]), logger: Self.logger)
            let after = try second.committed(partitions, by: "readers", timeout: .seconds(20))
            #expect(after[partitions[0]]?.committed == 5)
            #expect(after[partitions[0]]?.completed == completed)
            #expect(after[partitions[1]]?.committed == 7)
            #expect(after[partitions[1]]?.completed.isEmpty == true)
            let others = try KafkaAdmin(properties: properties.merging([("group.id", "others")]), logger: Self.logger)
            #expect(try others.committed(partitions, by: "others", timeout: .seconds(20))[partitions[0]]?.committed == nil)
        }
    }

    @Test func aMessageThatIsRefusedIsToldByItsTicketAndTheRestGoesOn() async throws {
        try await BlockingThread.run { [self] () throws in
            let producer = try BulkProducer(properties: properties, logger: Self.logger)
            func send(_ tickets: ClosedRange<Int>) throws(KafkaError) {
                for ticket in tickets {
                    try producer.produce(topic: "letters", key: nil, value: UnsafeRawBufferPointer(start: nil, count: 0), ticket: ticket)
                }
                try producer.flush(timeout: .seconds(20))
            }
            broker.inject(.messageTooLarge, into: .produce, count: 1)
            try send(1...1)
            let refused = producer.takeReports()
            #expect(refused.map(\.ticket) == [1])
            #expect(refused.first?.error?.code == .messageTooLarge)
            #expect(producer.takeReports().isEmpty)
            try send(2...50)
            let taken = producer.takeReports()
            #expect(taken.map(\.ticket).sorted() == Array(2...50))
            #expect(taken.allSatisfy { $0.error == nil })
            #expect(producer.delivered == 49)
        }
    }

    @Test func aBrokerWithoutAnAdminAPIDeletesNothing() async throws {
        try await BlockingThread.run { [self] () throws in
            try fill(0..<20)
            let admin = try KafkaAdmin(properties: properties, logger: Self.logger)
            #expect(try !admin.deleteRecords(before: [partitions[0]: 1], timeout: .seconds(10)))
            #expect(try admin.watermarks(topic: "letters", partition: 0, timeout: .seconds(10)).low == 0)
        }
    }
}
