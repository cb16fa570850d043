package import Envelope
package import Kafka

/// Which dead letters are to be sent again, and why the others are not. A value without I/O.
package struct DeadLetterReplayPlan: Sendable {
    package struct Rules: Sendable {
        /// The codes that were asked for by name.
        package let codes: Set<ErrorCode>
        /// Whether letters are to be replayed that cannot succeed unless something has changed.
        package let includesHopeless: Bool
        /// Whether letters are to be replayed that were before.
        package let again: Bool
        /// How often a request may come back from the dead letters.
        package let maxReplays: Int

        package init(codes: Set<ErrorCode>, includesHopeless: Bool, again: Bool, maxReplays: Int) {
            self.codes = codes
            self.includesHopeless = includesHopeless
            self.again = again
            self.maxReplays = maxReplays
        }
    }

    package enum Skip: Hashable, Sendable {
        case replayed
        case foreign
        case truncated
        case tooOften
        case hopeless(ErrorCode)
    }

    /// A letter that is to be sent.
    package struct Choice: Hashable, Sendable {
        package let place: DeadLetterPlace
        package let code: ErrorCode

        /// The topic that the request was first sent to.
        package let topic: String
        fileprivate let time: Int64
    }

    /// The letters to send, the oldest first once the plan is finished.
    package private(set) var chosen: [Choice] = []

    /// How many letters were meant and are not sent.
    package private(set) var skipped: [Skip: Int] = [:]
    private var memory: [TopicPartition: DeadLetterMemory]
    private let rules: Rules

    package init(rules: Rules, memory: [TopicPartition: DeadLetterMemory]) {
        self.rules = rules
        self.memory = memory
    }

    /// Considers a letter. All letters must come here, those of one partition in order, also those that are not meant.
    package mutating func add(_ letter: DeadLetter, isMeant: Bool) {
        let place = letter.place
        let wasReplayed = memory[place.partition]?.contains(place.offset) ?? false
        memory[place.partition]?.note(place.offset)
        guard isMeant else { return }
        guard let reason = letter.reason, let origin = letter.history?.origin else { return skip(.foreign) }
        if wasReplayed, !rules.again { return skip(.replayed) }
        if reason.isTruncated { return skip(.truncated) }
        if letter.replays >= rules.maxReplays { return skip(.tooOften) }
        let isHopeless = !reason.code.mayPass && !rules.includesHopeless && !rules.codes.contains(reason.code)
        if isHopeless { return skip(.hopeless(reason.code)) }
        chosen.append(Choice(place: place, code: reason.code, topic: origin.topic, time: letter.time))
    }

    /// Leaves the oldest `limit` of the chosen letters, and puts them in order.
    package mutating func finish(limit: Int?) {
        func age(_ choice: Choice) -> (Int64, Int32, Int64) { (choice.time, choice.place.partition.partition, choice.place.offset) }
        chosen.sort { age($0) < age($1) }
        if let limit, chosen.count > limit { chosen.removeLast(chosen.count - limit) }
    }

    /// Notes that letters were sent.
    ///
    /// - Returns: the commits that remember it, and the partitions of which too much would have to be remembered.
    package mutating func complete(_ places: [DeadLetterPlace]) -> (commits: [OffsetCommit], overfull: [TopicPartition]) {
        for place in places { memory[place.partition]?.complete(place.offset) }
        var commits: [OffsetCommit] = []
        var overfull: [TopicPartition] = []
        for partition in Set(places.map(\.partition)) {
            switch memory[partition]?.record(of: partition) ?? .nothing {
            case .nothing: break
            case .commit(let commit): commits.append(commit)
            case .tooLong: overfull.append(partition)
            }
        }
        return (commits, overfull)
    }

    private mutating func skip(_ reason: Skip) {
        skipped[reason, default: 0] += 1
    }
}

extension ErrorCode {
    /// True if the request may be answered when it is sent again as it is and the worker has the same configuration.
    fileprivate var mayPass: Bool {
        switch self {
        case .rateLimited, .overloaded, .timeout, .connection, .serverError, .malformedResponse, .streamTruncated, .streamCorrupt,
            .streamStalled, .schemaMismatch, .auth, .permission, .notFound,
            .quotaExhausted, .budgetExceeded, .shutdown, .internal:
            true
        case .invalidJSON, .invalidRequest, .missingID, .unknownModel, .requestTooLarge, .emptyMessage, .duplicateID,
            .replyToNotAllowed, .deadlineExceeded, .unsupported, .poisonMessage, .providerInvalidRequest, .contextLength, .contentFiltered,
            .responseTooLarge:
            false
        }
    }
}
