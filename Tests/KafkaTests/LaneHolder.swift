import EventLoop
import Kafka
import Logging
import TestSupport

/// An actor on a loop that consumes one lane and remembers what it got.
actor LaneHolder {
    let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let consumer: Consumer
    private var lane: ConsumerLane?
    private var queues: [TopicPartition: PartitionQueue] = [:]
    private(set) var values: [String] = []
    private(set) var assigned: Set<TopicPartition> = []
    private(set) var restored: [TopicPartition: CompletedOffsets] = [:]
    private var completed = CompletedOffsets()
    private var next: [TopicPartition: Int64] = [:]

    init(consumer: Consumer, loop: EventLoop) {
        self.loop = loop
        self.consumer = consumer
    }

    func start() {
        lane = consumer.makeLane(on: loop)
    }

    nonisolated var listener: PartitionListener {
        PartitionListener(
            assigned: { partitions in await self.add(partitions) },
            revoked: { partitions in await self.giveBack(partitions) },
            lost: { partitions in await self.remove(partitions) })
    }

    /// Commits everything taken, and `completed` as done beyond it.
    func commit(completed: CompletedOffsets) async throws {
        self.completed = completed
        try await commit()
    }

    func commit() async throws {
        // Not in the moments after another lane's commit.
        try await Condition.wait(for: "leave to commit") { lane?.mayCommit ?? true }
        try await lane?.commit(
            next.map { OffsetCommit(partition: $0.key, offset: $0.value, completed: completed, limit: 4_096) }, timeout: .seconds(10))
    }

    private func drain(_ partition: TopicPartition) {
        while true {
            guard let (messages, mayHaveMore) = queues[partition]?.take(64) else { return }
            for message in messages {
                values.append(String(decoding: message.value ?? .init(start: nil, count: 0), as: UTF8.self))
                next[TopicPartition(topic: message.topic, partition: message.partition)] = message.offset + 1
            }
            if !mayHaveMore { break }
        }
    }

    private func add(_ partitions: [AssignedPartition]) {
        for partition in partitions {
            assigned.insert(partition.partition)
            restored[partition.partition] = partition.completed
            let partition = partition.partition
            queues[partition] = lane?.open(partition) { self.drain(partition) }
        }
    }

    private func giveBack(_ partitions: [TopicPartition]) async {
        try? await commit()
        remove(partitions)
    }

    private func remove(_ partitions: [TopicPartition]) {
        for partition in partitions { queues[partition] = nil }
        assigned.subtract(partitions)
    }
}

/// An actor on a loop that owns a producer.
actor ProducerHolder {
    let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let properties: KafkaProperties
    private var producer: Producer?

    init(properties: KafkaProperties, loop: EventLoop) {
        self.loop = loop
        self.properties = properties
    }

    func send(_ text: String, key: String, to topic: String, headers: [(String, String)] = []) async throws {
        let producer = try self.producer ?? Producer(properties: properties, loop: loop, logger: Logger(label: "test"))
        self.producer = producer
        var text = text
        let value = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { value.deallocate() }
        text.withUTF8 { value.copyMemory(from: UnsafeRawBufferPointer($0)) }
        try await producer.send(topic: topic, key: Array(key.utf8), value: UnsafeRawBufferPointer(value)) { (list: inout KafkaHeaders) in
            for (name, value) in headers { list.add(name, Array(value.utf8)) }
        }
    }
}
