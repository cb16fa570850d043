package import Kafka

/// How much can be deleted of each partition, from which Kafka deletes only from the front: everything before the first letter that is
/// to stay. A value without I/O.
package struct DeadLetterPurgePlan: Sendable {
    private struct Cut: Sendable {
        var offset: Int64
        var isOpen = true
        var deletable = 0
    }

    private var cuts: [TopicPartition: Cut]

    /// How many letters are meant and can be deleted.
    package var deletable: Int { cuts.values.reduce(0) { $0 + $1.deletable } }

    /// How many letters are meant and lie behind one that is to stay.
    package private(set) var unreachable = 0

    /// - Parameter ends: the next offset of each partition.
    package init(ends: [TopicPartition: Int64]) {
        cuts = ends.mapValues { Cut(offset: $0) }
    }

    /// Considers a letter; those of one partition come in order.
    package mutating func add(_ place: DeadLetterPlace, isMeant: Bool) {
        guard var cut = cuts[place.partition] else { return }
        switch (isMeant, cut.isOpen) {
        case (true, true): cut.deletable += 1
        case (true, false): unreachable += 1
        case (false, true): (cut.isOpen, cut.offset) = (false, place.offset)
        case (false, false): break
        }
        cuts[place.partition] = cut
    }

    /// The offset before which to delete, of each partition that has something to delete.
    package var offsets: [TopicPartition: Int64] {
        cuts.filter { $0.value.deletable > 0 }.mapValues(\.offset)
    }
}

extension DeadLetterTopic {
    /// Looks through the letters for what can be deleted.
    ///
    /// - Parameter onlyReplayed: mean only letters that were replayed.
    /// - Throws: `KafkaError`.
    package func planPurge(_ filter: DeadLetterFilter, onlyReplayed: Bool) throws -> DeadLetterPurgePlan {
        let memory = onlyReplayed ? try memory() : [:]
        var plan = DeadLetterPurgePlan(ends: ranges.mapValues(\.upperBound))
        try read { letter, message in
            let place = letter.place
            let isReady = !onlyReplayed || memory[place.partition]?.contains(place.offset) ?? false
            plan.add(place, isMeant: isReady && filter.matches(letter, value: message.value))
            return true
        }
        return plan
    }

    /// Deletes what a plan says.
    ///
    /// - Throws: `BulkError` if the broker cannot do so; `KafkaError`.
    package func purge(_ plan: DeadLetterPurgePlan) throws {
        guard try admin.deleteRecords(before: plan.offsets, timeout: .seconds(60)) else {
            throw BulkError(
                "this broker has no admin API to delete messages with; nothing was deleted. Set retention.ms of \(name) on the broker "
                    + "instead, and Kafka deletes what is older")
        }
    }
}
