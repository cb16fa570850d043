internal import EventLoop
internal import Glibc
package import Logging
internal import Synchronization

/// Publishes batches of messages, each together with the offsets of the requests that it answers, in one Kafka transaction: a reader with
/// `isolation.level=read_committed` sees all of it or nothing, and the offsets are committed if and only if it sees it.
///
/// librdkafka's transactional calls block, so a transaction has a thread of its own.
package final class TransactionalProducer: Sendable {
    /// librdkafka's call to commit can be resumed. It runs out of time for us to see whether we are to go on.
    private static let slice = Duration.seconds(2)
    /// Its call to send offsets cannot be resumed: this is how long two coordinators may take to answer.
    private static let offsetsTimeout = Duration.seconds(5)

    private let properties: KafkaProperties
    private let log: KafkaLog
    /// Whoever holds the lock runs a transaction. It is never waited for on an event loop.
    private let session: Mutex<TransactionSession?>
    private let isAbandoned = Atomic(false)

    /// - Parameters:
    ///   - properties: librdkafka's. Those of `Producer` that are left out get the same defaults.
    ///   - transactionalID: a producer that begins fences all earlier ones with the same id.
    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    package init(properties: KafkaProperties, transactionalID: String, logger: Logger) throws(KafkaError) {
        let defaults: [(name: String, value: String)] = [
            ("compression.type", "lz4"), ("linger.ms", "5"), ("message.max.bytes", "16777216"), ("transaction.timeout.ms", "20000"),
        ]
        let required: [(name: String, value: String)] = [
            ("transactional.id", transactionalID), ("enable.idempotence", "true"), ("acks", "all"), ("log.queue", "true"),
        ]
        self.properties = KafkaProperties(defaults).merging(properties.values).merging(required)
        log = KafkaLog(logger: logger)
        session = Mutex(try TransactionSession(properties: self.properties, isOneByOne: false, log: log))
    }

    /// Publishes `messages` and commits `offsets`, or does neither. Waits through broker outages, however long, unless `abandon` is called.
    /// One at a time; a second call waits for the first.
    ///
    /// - Parameters:
    ///   - offsets: may be empty, as may `messages`.
    ///   - member: whose offsets they are. The group's generation is asked for once, when the call begins: if the group goes on to another
    ///     one meanwhile, the transaction is fenced.
    package func run(_ messages: [TransactionMessage], offsets: [OffsetCommit], member: GroupMember) async -> TransactionOutcome {
        let lossCount = member.lossCount
        return await BlockingThread.run { () throws(Never) in
            self.session.withLock { session in
                defer { self.isAbandoned.store(false, ordering: .relaxed) }
                return self.run(messages, offsets: offsets, member: member, lossCount: lossCount, in: &session)
            }
        }
    }

    /// Makes the transaction under way give up soon, or the next one, if none is.
    package func abandon() {
        isAbandoned.store(true, ordering: .relaxed)
    }

    private var mustStop: Bool { isAbandoned.load(ordering: .relaxed) }

    /// Waits, and tells whether the caller has lost interest.
    private func isStopped(after pause: Duration) -> Bool {
        let end = MonotonicTime.now + pause
        while !mustStop, MonotonicTime.now < end { usleep(10_000) }
        return mustStop
    }

    private func note(_ result: TransactionPlan.Result) {
        guard case .failed(let failure) = result else { return }
        log.logger.log(level: failure.kind == .retriable ? .debug : .warning, "\(failure.error)")
    }

    private func run(
        _ messages: [TransactionMessage], offsets: [OffsetCommit], member: GroupMember, lossCount: Int,
        in session: inout TransactionSession?
    ) -> TransactionOutcome {
        let identity = offsets.isEmpty ? nil : member.currentIdentity()
        if identity == nil, !offsets.isEmpty {
            return .fenced(KafkaError(.notMember, "cannot commit offsets in a transaction: this member is in no generation of its group"))
        }
        // The identity is of now, the offsets are of a moment ago.
        if !offsets.isEmpty, member.lossCount != lossCount {
            return .fenced(KafkaError(.notMember, "cannot commit offsets in a transaction: partitions have left this member meanwhile"))
        }
        var plan = TransactionPlan(hasOffsets: !offsets.isEmpty)
        while true {
            let isStopped = isStopped(after: plan.pause)
            let result: TransactionPlan.Result
            switch plan.step {
            case .finish(let outcome): return outcome
            case .close:
                session = nil
                result = .done
            case .open where !isStopped: result = open(&session, isOneByOne: plan.isOneByOne)
            // Even for a caller in a hurry: what is left open holds up the topics' readers until it times out.
            case .abort: result = perform(plan.step, messages: messages, offsets: offsets, identity: identity, on: session)
            case _ where isStopped: result = .abandoned
            default: result = perform(plan.step, messages: messages, offsets: offsets, identity: identity, on: session)
            }
            note(result)
            plan.advance(result)
        }
    }

    private func open(_ session: inout TransactionSession?, isOneByOne: Bool) -> TransactionPlan.Result {
        if session?.isOneByOne != isOneByOne { session = nil }
        do throws(KafkaError) {
            if session == nil { session = try TransactionSession(properties: properties, isOneByOne: isOneByOne, log: log) }
            return result(of: session?.initialise(timeout: Self.slice))
        } catch {
            return .failed(TransactionFailure(kind: .fatal, error: error))
        }
    }

    private func perform(
        _ step: TransactionPlan.Step, messages: [TransactionMessage], offsets: [OffsetCommit], identity: MemberIdentity?,
        on session: TransactionSession?
    ) -> TransactionPlan.Result {
        guard let session else { preconditionFailure("a transaction without a producer") }
        switch step {
        case .begin: return result(of: session.begin())
        case .produce: return session.produce(messages) { mustStop }
        case .sendOffsets:
            guard let identity else { preconditionFailure("offsets without a member") }
            return result(of: session.sendOffsets(offsets, as: identity, timeout: Self.offsetsTimeout))
        case .commit: return result(of: session.commit(timeout: Self.slice))
        case .abort:
            let failure = session.abort(timeout: Self.slice)
            return failure?.kind == .retriable && mustStop ? .abandoned : result(of: failure)
        case .open, .close, .finish: preconditionFailure("no step of a transaction")
        }
    }

    private func result(of failure: TransactionFailure?) -> TransactionPlan.Result {
        failure.map { .failed($0) } ?? .done
    }
}
