package import Kafka
package import Logging

/// The dead letters of a cluster as they stand at one moment, and which of them were replayed. Blocks: use it on a `BlockingThread`.
package struct DeadLetterTopic {
    private static let timeout = Duration.seconds(15)

    package let name: String
    private let group: String
    private let metadataLimit: Int
    let admin: KafkaAdmin
    private let readerProperties: KafkaProperties

    /// The offsets that each partition had when this was made.
    let ranges: [TopicPartition: Range<Int64>]

    /// False if the cluster has no such topic.
    package let exists: Bool

    /// - Parameters:
    ///   - group: the group whose committed offsets tell which letters were replayed. It has no members.
    ///   - metadataLimit: the most characters that the metadata of its commits may have.
    ///   - readerProperties: how to read the topic.
    ///   - adminProperties: how to ask about it.
    /// - Throws: `KafkaError`.
    package init(
        _ name: String, group: String, metadataLimit: Int, readerProperties: KafkaProperties, adminProperties: KafkaProperties,
        logger: Logger
    ) throws(KafkaError) {
        self.name = name
        self.group = group
        self.metadataLimit = metadataLimit
        self.readerProperties = readerProperties
        admin = try KafkaAdmin(properties: adminProperties.merging([("group.id", group)]), logger: logger)
        let count = try admin.partitionCounts(of: [name], timeout: Self.timeout)[name]
        exists = count != nil
        var ranges: [TopicPartition: Range<Int64>] = [:]
        for number in 0..<Int32(count ?? 0) {
            let (low, high) = try admin.watermarks(topic: name, partition: number, timeout: Self.timeout)
            ranges[TopicPartition(topic: name, partition: number)] = low..<max(low, high)
        }
        self.ranges = ranges
    }

    /// How many letters there are, gaps among them.
    package var count: Int { ranges.values.reduce(0) { $0 + $1.count } }

    /// What there is to say about a topic without letters; nil if it has some.
    package var emptiness: String? {
        if !exists { return "there are no dead letters: topic \(name) does not exist" }
        return count == 0 ? "there are no dead letters in \(name)" : nil
    }

    /// Reads the letters, those of one partition in order.
    ///
    /// - Parameters:
    ///   - since: leave out, where the broker knows how to, what is older; unix milliseconds.
    ///   - body: gets each letter with its message. Returns false to end it.
    func read(since: Int64? = nil, _ body: (DeadLetter, KafkaMessage) throws -> Bool) throws {
        try read(since.map { try ranges(since: $0) } ?? ranges, body)
    }

    func read(_ ranges: [TopicPartition: Range<Int64>], _ body: (DeadLetter, KafkaMessage) throws -> Bool) throws {
        let scan = try TopicScan(properties: readerProperties, ranges: ranges)
        while let messages = try scan.next() {
            for message in messages where try !body(DeadLetter(message), message) { return }
        }
    }

    /// Which letters of each partition were replayed.
    func memory() throws(KafkaError) -> [TopicPartition: DeadLetterMemory] {
        let committed = try admin.committed(Array(ranges.keys), by: group, timeout: Self.timeout)
        var memory: [TopicPartition: DeadLetterMemory] = [:]
        for (partition, range) in ranges {
            let known = committed[partition]
            memory[partition] = DeadLetterMemory(
                committed: known?.committed, completed: known?.completed ?? CompletedOffsets(), end: range.upperBound,
                metadataLimit: metadataLimit)
        }
        return memory
    }

    /// Remembers which letters were replayed.
    func remember(_ commits: [OffsetCommit]) throws(KafkaError) {
        try admin.commit(commits, of: group, timeout: Self.timeout)
    }

    private func ranges(since time: Int64) throws(KafkaError) -> [TopicPartition: Range<Int64>] {
        guard !admin.isEmbeddedBroker(timeout: Self.timeout) else { return ranges }
        let starts = try admin.offsets(of: Array(ranges.keys), since: time, timeout: Self.timeout)
        var late: [TopicPartition: Range<Int64>] = [:]
        for (partition, range) in ranges {
            guard let start = starts[partition] else { continue }
            late[partition] = min(max(range.lowerBound, start), range.upperBound)..<range.upperBound
        }
        return late
    }
}
