package import Kafka

/// Where a dead letter stands: `topic/partition/offset`.
package struct DeadLetterPlace: Hashable, Sendable, CustomStringConvertible {
    package let partition: TopicPartition
    package let offset: Int64

    package init(partition: TopicPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    package var description: String { "\(partition)/\(offset)" }

    /// Reads a `description` back. Topic names have no `/`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let number = Int32(parts[1]), number >= 0, let offset = Int64(parts[2]), offset >= 0
        else { return nil }
        self.init(partition: TopicPartition(topic: String(parts[0]), partition: number), offset: offset)
    }
}
