internal import CRdKafka
internal import EventLoop
internal import Glibc
internal import Logging
internal import Synchronization

/// A consumer's membership of its group, for producers whose transactions commit its offsets.
package struct GroupMember: Sendable {
    private let handle: KafkaHandle
    private let log: KafkaLog
    private let losses: LossCount

    init(handle: KafkaHandle, log: KafkaLog, losses: LossCount) {
        self.handle = handle
        self.log = log
        self.losses = losses
    }

    /// How often partitions have left the member.
    var lossCount: Int { losses.value }

    /// What is committed of some partitions, asked until the group's coordinator answers, at most for a minute; nil if it does not.
    package func committed(_ partitions: [TopicPartition]) async -> [TopicPartition: AssignedPartition]? {
        guard !partitions.isEmpty else { return [:] }
        let (handle, log) = (handle, log)
        return await BlockingThread.run { () throws(Never) in
            let list = PartitionList(partitions)
            for _ in 0..<6 {
                let result = list.use { rd_kafka_committed(handle.pointer, $0, 10_000) }
                guard result == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    log.logger.warning("\(KafkaError(result, while: "cannot ask for the committed offsets"))")
                    continue
                }
                if let failed = list.use({ PartitionList.entries(in: $0).first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err }) {
                    log.logger.warning("\(KafkaError(failed, while: "cannot ask for the committed offsets"))")
                    usleep(500_000)
                    continue
                }
                let assigned = list.use { list in
                    PartitionList.entries(in: list).map { entry in
                        let partition = TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
                        return (partition, AssignedPartition(entry, partition))
                    }
                }
                return Dictionary(assigned) { $1 }
            }
            return nil
        }
    }

    /// Who the member is in the group's present generation. Waits for librdkafka's main thread.
    ///
    /// - Returns: nil if it is in none, as after the loss of its partitions. Brokers would take offsets from such a one unchecked.
    func currentIdentity() -> MemberIdentity? {
        guard let metadata = rd_kafka_consumer_group_metadata(handle.pointer) else { return nil }
        let identity = MemberIdentity(metadata)
        return identity.isInGeneration ? identity : nil
    }
}

/// Counts how often partitions have left a member, so that what was decided before can be told from what holds still.
final class LossCount: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }

    func increment() { count.wrappingAdd(1, ordering: .releasing) }
}

/// Owns what a transaction tells the group's coordinator of a member: group, generation, member id.
final class MemberIdentity {
    private let pointer: OpaquePointer

    /// Takes the pointer over.
    fileprivate init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(pointer)
    }

    /// Gives the metadata to C, which must not keep it.
    func use<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        body(pointer)
    }

    /// Whether there are a generation and a member id. librdkafka clears one of them when it loses the assignment, and tells of them only
    /// in the serialised form: `CGMDv2:`, the generation as 32 bits in the machine's own order, the group's and the member's id, each with
    /// a zero behind it, and more.
    fileprivate var isInGeneration: Bool {
        var buffer: UnsafeMutableRawPointer?
        var size = 0
        if let error = rd_kafka_consumer_group_metadata_write(pointer, &buffer, &size) {
            rd_kafka_error_destroy(error)
            return false
        }
        defer { free(buffer) }
        let prefix = Array("CGMDv2:".utf8)
        let bytes = UnsafeRawBufferPointer(start: buffer, count: size)
        // What another librdkafka writes is left to the brokers to judge.
        guard bytes.count >= prefix.count + 4, bytes.starts(with: prefix) else { return true }
        let generation = bytes.loadUnaligned(fromByteOffset: prefix.count, as: Int32.self)
        let texts = bytes.dropFirst(prefix.count + 4).split(separator: 0, omittingEmptySubsequences: false)
        return generation >= 0 && texts.count > 1 && !texts[1].isEmpty
    }
}
