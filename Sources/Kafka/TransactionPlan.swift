/// The order of the calls that make one transaction, and what to make of each result. Decides only; `TransactionalProducer` does.
struct TransactionPlan {
    enum Step {
        /// Have a producer that sends as `isOneByOne` says, and that is the only one with its id: what an earlier one left open is over.
        case open
        case begin
        /// Hand over all messages, and wait for their delivery reports.
        case produce
        case sendOffsets
        case commit
        case abort
        /// Throw the producer away.
        case close
        case finish(TransactionOutcome)
    }

    enum Result {
        case done
        case failed(TransactionFailure)
        /// Messages were refused for good. `isShared` says that they were refused together, and that not each of them may be to blame.
        case refused([Int: KafkaError], isShared: Bool)
        /// The caller has lost interest before the step was done.
        case abandoned
    }

    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(1)

    private let hasOffsets: Bool
    private var pauseAfterFailure = firstPause
    /// Whether a request to commit may have reached the coordinator.
    private var mayBeCommitted = false
    /// Whether the producer is to be thrown away after the abort. librdkafka 2.0.2 goes on counting from a message that the broker has
    /// refused, so that the broker misses one in the next transaction.
    private var hasGap = false
    /// Once the transaction is aborted, or the producer thrown away; nil if it is to be tried again.
    private var verdict: TransactionOutcome?

    /// What to do next.
    private(set) var step = Step.open
    /// How long to wait before that.
    private(set) var pause = Duration.zero
    /// Whether each message is to travel in a batch of its own, so that a refusal names it.
    private(set) var isOneByOne = false

    init(hasOffsets: Bool) {
        self.hasOffsets = hasOffsets
    }

    /// Takes the result of `step`, and decides on the next one.
    mutating func advance(_ result: Result) {
        switch (step, result) {
        case (.finish, _): break
        case (.open, .done):
            go(verdict.map { .finish($0) } ?? .begin)
        case (.begin, .done): go(.produce)
        case (.produce, .done): go(hasOffsets ? .sendOffsets : .commit)
        case (.sendOffsets, .done): go(.commit)
        case (.commit, .done): go(.finish(.committed))
        case (.abort, .done): afterAbort()
        case (.close, .done):
            hasGap = false
            if let verdict, !mayBeCommitted { go(.finish(verdict)) } else { go(.open) }
        case (.commit, .failed(let failure)): commitFailed(failure)
        case (_, .failed(let failure)): failed(failure)
        case (_, .refused(let rejected, let isShared)): refused(rejected, isShared: isShared)
        case (_, .abandoned): abandoned()
        }
    }

    private mutating func go(_ next: Step, after pause: Duration = .zero) {
        step = next
        self.pause = pause
    }

    private mutating func goAfterPause(_ next: Step) {
        go(next, after: pauseAfterFailure)
        pauseAfterFailure = min(pauseAfterFailure * 2, Self.longestPause)
    }

    private mutating func giveUp(_ outcome: TransactionOutcome) {
        verdict = outcome
        go(.close)
    }

    private mutating func failed(_ failure: TransactionFailure) {
        switch (failure.kind, step) {
        case (.retriable, _): goAfterPause(step)
        case (_, .open):
            mayBeCommitted = false
            giveUp(verdict ?? failure.outcome)
        case (.abortable, .produce):
            hasGap = true
            abort(after: failure)
        case (.abortable, .sendOffsets): abort(after: failure)
        default: giveUp(mayBeCommitted ? .unknown(failure.error) : verdict ?? failure.outcome)
        }
    }

    private mutating func abort(after failure: TransactionFailure) {
        // A producer whose id is taken can abort nothing.
        if failure.error.code == .producerFenced { return giveUp(mayBeCommitted ? .unknown(failure.error) : failure.outcome) }
        verdict = failure.isOutage ? nil : failure.outcome
        go(.abort)
    }

    /// An abort that succeeds shows that nothing was committed. After any other end of a commit that was begun, nobody knows.
    private mutating func commitFailed(_ failure: TransactionFailure) {
        mayBeCommitted = true
        switch failure.kind {
        case .retriable: goAfterPause(.commit)
        case .abortable: abort(after: failure)
        case .fatal: giveUp(.unknown(failure.error))
        }
    }

    private mutating func afterAbort() {
        mayBeCommitted = false
        if let verdict {
            go(hasGap ? .close : .finish(verdict))
        } else {
            goAfterPause(hasGap ? .close : .open)
        }
    }

    private mutating func refused(_ rejected: [Int: KafkaError], isShared: Bool) {
        if isShared, !isOneByOne {
            isOneByOne = true
            verdict = nil
        } else {
            verdict = rejected.min { $0.key < $1.key }.map { .aborted($0.value, rejected: rejected) }
        }
        hasGap = true
        go(.abort)
    }

    private mutating func abandoned() {
        let error = KafkaError(.cancelled, "gave up the transaction")
        switch step {
        case .commit where mayBeCommitted, .abort where mayBeCommitted:
            mayBeCommitted = false
            giveUp(.unknown(error))
        case .open, .begin: go(.finish(verdict ?? .aborted(error, rejected: [:])))
        case .abort: giveUp(verdict ?? .aborted(error, rejected: [:]))
        default:
            verdict = .aborted(error, rejected: [:])
            go(.abort)
        }
    }
}
