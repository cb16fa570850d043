internal import Envelope
internal import EventLoop
internal import Kafka
internal import Logging

/// Gathers what comes of requests and publishes it in transactions, each with the offsets of the requests it answers: a successor
/// finds a request done if and only if readers of committed messages find it answered. Confined to one loop.
final class Transactions {
    struct Timing: Sendable {
        /// How long a transaction gathers.
        let interval: Duration
        /// After how many requests it waits no longer.
        let maxRequests: Int
    }

    /// What became of what comes of one request.
    enum Outcome {
        case sent
        /// The message at that index is the reason why nothing was published.
        case tooLarge(Int)
        case refused(Int, KafkaError)
        case gaveUp
    }

    private struct Entry {
        let messages: [TransactionMessage]
        let state: PartitionState
        let offset: Int64
        let continuation: UnsafeContinuation<Outcome, Never>
    }

    private static let pauseAfterFailure = Duration.milliseconds(100)

    private let producer: TransactionalProducer
    private let member: GroupMember
    private let lane: ConsumerLane
    private let loop: EventLoop
    private let timing: Timing
    private let id: String
    /// Whether the broker forgets the offsets of transactions, so that they are committed once more without one.
    private let repeatsOffsets: Bool
    private var unrepeated: [TopicPartition: OffsetCommit] = [:]
    private let logger: Logger
    private var owned: () -> [PartitionState] = { [] }
    private var run: () -> Void = {}
    private var timer: LoopTimer?
    private var waiting: [Entry] = []
    private var due = MonotonicTime.now
    private var isRunning = false
    private var turnWaiters: [UnsafeContinuation<Void, Never>] = []
    /// Tells the transactions from those of an earlier process of the same name.
    private let began = WallClock.milliseconds
    private var count = 0

    /// - Parameter id: the transactional id.
    init(
        producer: TransactionalProducer, member: GroupMember, lane: ConsumerLane, loop: EventLoop, timing: Timing, id: String,
        repeatsOffsets: Bool, logger: Logger
    ) {
        self.producer = producer
        self.member = member
        self.lane = lane
        self.loop = loop
        self.timing = timing
        self.id = id
        self.repeatsOffsets = repeatsOffsets
        self.logger = logger
    }

    /// - Parameters:
    ///   - owned: the partitions whose offsets are ours to commit.
    ///   - run: starts a task on the loop that calls `perform`.
    func start(owned: @escaping () -> [PartitionState], run: @escaping () -> Void) {
        self.owned = owned
        self.run = run
        timer = loop.makeTimer { [unowned self] in runIfDue() }
    }

    /// Publishes what comes of one request with the next transaction, and waits for that.
    func publish(_ batch: [Outgoing], of visit: Visit, isolation: isolated (any Actor)? = #isolation) async -> Outcome {
        let messages = batch.map { message in
            TransactionMessage(
                topic: message.topic, key: message.key, value: message.value.map { Array($0) },
                headers: message.headers.map { ($0.name, $0.value) })
        }
        return await withUnsafeContinuation { continuation in
            if waiting.isEmpty { due = .now + timing.interval }
            waiting.append(
                Entry(messages: messages, state: visit.partition, offset: visit.message.offset, continuation: continuation))
            runIfDue()
        }
    }

    /// Runs transactions until none is due.
    func perform(isolation: isolated (any Actor)? = #isolation) async {
        repeat {
            let batch = Array(waiting.prefix(timing.maxRequests))
            waiting.removeFirst(batch.count)
            due = .now + timing.interval
            await transact(batch)
        } while isDue && turnWaiters.isEmpty
        giveTurn()
    }

    /// Commits what was done of some partitions without anything being published.
    ///
    /// - Throws: `KafkaError`; nothing is committed then, or not surely.
    func commit(_ states: [PartitionState], isolation: isolated (any Actor)? = #isolation) async throws(KafkaError) {
        if isRunning { await withUnsafeContinuation { turnWaiters.append($0) } }
        isRunning = true
        defer { giveTurn() }
        let offsets = states.compactMap { state in state.takeUncommitted().map { (state, $0) } }
        guard !offsets.isEmpty else { return try await repeatOffsets() }
        let outcome = await producer.run([], offsets: offsets.map(\.1), member: member)
        switch outcome {
        case .committed:
            for (state, commit) in offsets { state.noteCommitted(commit) }
            noteUnrepeated(offsets.map(\.1))
            try await repeatOffsets()
        case .aborted(let error, _), .fenced(let error), .unknown(let error):
            for (state, _) in offsets { state.noteCommitFailed() }
            throw error
        }
    }

    /// Ends the transaction under way, and gives up what belongs to partitions that are given up, so that the tasks that wait for it go on.
    func abandon() {
        producer.abandon()
        waiting.removeAll { entry in
            if entry.state.isGivenUp { entry.continuation.resume(returning: .gaveUp) }
            return entry.state.isGivenUp
        }
    }

    /// Lets the next one that waits for it use the producer.
    private func giveTurn() {
        if turnWaiters.isEmpty {
            isRunning = false
            runIfDue()
        } else {
            turnWaiters.removeFirst().resume()
        }
    }

    private var isDue: Bool { waiting.count >= timing.maxRequests || !waiting.isEmpty && MonotonicTime.now >= due }

    private func runIfDue() {
        guard !isRunning, !waiting.isEmpty else { return }
        guard isDue else {
            timer?.arm(at: due)
            return
        }
        isRunning = true
        run()
    }

    // MARK: One transaction

    private func transact(_ batch: [Entry], isolation: isolated (any Actor)? = #isolation) async {
        while !lane.mayCommit, batch.contains(where: { !$0.state.isGivenUp }), (try? await loop.sleep(for: .milliseconds(10))) != nil {}
        let entries = batch.filter { entry in
            if entry.state.isGivenUp { entry.continuation.resume(returning: .gaveUp) }
            return !entry.state.isGivenUp
        }
        guard !entries.isEmpty else { return }
        let offsets = takeOffsets(of: entries)
        count += 1
        let name = "\(id)-\(began)-\(count)"
        let messages = entries.flatMap(\.messages).map { $0.adding("switchyard-transaction", name) }
        let outcome = await producer.run(messages, offsets: offsets.map(\.1), member: member)
        if case .committed = outcome {
            logger.debug("transaction committed", metadata: ["transaction": "\(name)"])
            for (state, commit) in offsets { state.noteCommitted(commit) }
            for entry in entries { succeed(entry) }
            noteUnrepeated(offsets.map(\.1))
            return
        }
        for (state, _) in offsets { state.noteCommitFailed() }
        switch outcome {
        case .committed: break
        case .aborted(let error, let rejected):
            noteAbort(name, error)
            await again(refuse(rejected, in: entries), isBlocked: rejected.isEmpty)
        case .fenced(let error):
            noteAbort(name, error)
            await again(entries, isBlocked: true)
        case .unknown(let error):
            logger.warning("\(error); asking which of it is committed", metadata: ["transaction": "\(name)"])
            var committed = await member.committed(offsets.map(\.1.partition))
            while committed == nil, entries.contains(where: { !$0.state.isGivenUp }) {
                committed = await member.committed(offsets.map(\.1.partition))
            }
            var rest: [Entry] = []
            for entry in entries {
                if committed?[entry.state.partition]?.covers(entry.offset) == true { succeed(entry) } else { rest.append(entry) }
            }
            await again(rest, isBlocked: true)
        }
    }

    /// What is committed of the owned partitions once the entries are published.
    private func takeOffsets(of entries: [Entry]) -> [(PartitionState, OffsetCommit)] {
        var finishing: [ObjectIdentifier: [Int64]] = [:]
        for entry in entries { finishing[ObjectIdentifier(entry.state), default: []].append(entry.offset) }
        return owned().compactMap { state in
            state.takeUncommitted(finishing: finishing[ObjectIdentifier(state)] ?? []).map { (state, $0) }
        }
    }

    /// Notes at once that the offset is done: the next transaction must not take it back.
    private func succeed(_ entry: Entry) {
        entry.state.complete(entry.offset)
        entry.continuation.resume(returning: .sent)
    }

    private func noteAbort(_ name: String, _ error: KafkaError) {
        logger.debug("transaction aborted", metadata: ["transaction": "\(name)"])
        logger.warning("\(error); what it held is published with the next one")
    }

    /// Tells those whose messages no broker takes. Returns the others.
    private func refuse(_ rejected: [Int: KafkaError], in entries: [Entry]) -> [Entry] {
        guard !rejected.isEmpty else { return entries }
        var rest: [Entry] = []
        var first = 0
        for entry in entries {
            if let index = entry.messages.indices.first(where: { rejected[first + $0] != nil }), let error = rejected[first + index] {
                entry.continuation.resume(returning: error.code == .messageTooLarge ? .tooLarge(index) : .refused(index, error))
            } else {
                rest.append(entry)
            }
            first += entry.messages.count
        }
        return rest
    }

    /// Has entries published with the next transaction, before all others.
    private func again(_ entries: [Entry], isBlocked: Bool, isolation: isolated (any Actor)? = #isolation) async {
        waiting.insert(contentsOf: entries, at: 0)
        due = .now
        if isBlocked { _ = try? await loop.sleep(for: Self.pauseAfterFailure) }
    }

    private func noteUnrepeated(_ offsets: [OffsetCommit]) {
        guard repeatsOffsets else { return }
        for offset in offsets { unrepeated[offset.partition] = offset }
    }

    private func repeatOffsets(isolation: isolated (any Actor)? = #isolation) async throws(KafkaError) {
        let ours = Set(owned().map(\.partition))
        unrepeated = unrepeated.filter { ours.contains($0.key) }
        let offsets = unrepeated
        try await lane.commit(Array(offsets.values), timeout: .seconds(10))
        for (partition, offset) in offsets where unrepeated[partition] == offset { unrepeated[partition] = nil }
    }
}

extension TransactionMessage {
    fileprivate func adding(_ name: String, _ value: String) -> TransactionMessage {
        TransactionMessage(topic: topic, key: key, value: self.value, headers: headers + [(name, Array(value.utf8))])
    }
}
