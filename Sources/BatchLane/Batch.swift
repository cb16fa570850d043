internal import Providers

/// One batch on its way, and what is to be done about it next. A value without I/O; times are unix milliseconds.
///
/// What it says is written to Redis before the step that it leads to, so that whoever goes on after a crash knows how far it may have
/// come: a batch that may have been created is looked for at the provider before it is created again.
struct Batch: Equatable {
    enum Phase: Equatable {
        /// Requests are put into it.
        case gathering
        /// All requests are in it, and the provider does not have it.
        case ready(failures: Int, notBefore: Int64)
        /// The provider may have it.
        case sending(key: Int, at: Int64)
        case submitted(key: Int, id: String, at: Int64, looked: Int64, isCancelled: Bool)
        /// `results` are paths at the provider. What they do not mention is without a result for that reason.
        case ended(key: Int, at: Int64, milliseconds: Int64, results: [String], otherwise: BatchEntry.Reason)
    }

    enum Step: Equatable {
        /// To count what is in it.
        case seal
        case submit
        /// To find out whether the provider has it.
        case recover
        case look
        case cancel
        case collect
        /// To let its requests go, each without a result.
        case dissolve(BatchEntry.Reason)
        case wait
    }

    /// Letters and digits, not more than 40.
    let name: String
    let queue: String
    /// How many requests it has; 0 until it is sealed.
    private(set) var size = 0
    private(set) var phase = Phase.gathering

    init(name: String, queue: String) {
        self.name = name
        self.queue = queue
    }

    init(name: String, queue: String, size: Int, phase: Phase) {
        self.name = name
        self.queue = queue
        self.size = size
        self.phase = phase
    }

    /// What the provider calls it; nil if that is not known, or over.
    var providerID: String? { if case .submitted(_, let id, _, _, _) = phase { id } else { nil } }

    /// What its request of that number is called at the provider.
    func requestName(_ number: Int) -> String { "\(name)-\(number)" }

    /// The number of the request of that name; nil if it is not one of the batch's.
    func requestNumber(_ requestName: String) -> Int? {
        guard requestName.hasPrefix("\(name)-"), let number = Int(requestName.dropFirst(name.count + 1)), (0..<size).contains(number) else {
            return nil
        }
        return number
    }

    /// - Parameter isUnwanted: whether a request in it must not wait any longer.
    func step(now: Int64, isUnwanted: Bool, _ timing: BatchTiming) -> Step {
        switch phase {
        case .gathering:
            return .seal
        case .ready(_, let notBefore):
            if isUnwanted { return .dissolve(.cancelled) }
            return now >= notBefore ? .submit : .wait
        case .sending(_, let at):
            return now >= at + timing.settling ? .recover : .wait
        case .submitted(_, _, let at, let looked, let isCancelled):
            if now >= at + BatchTiming.lost { return .dissolve(.failed) }
            if isUnwanted, !isCancelled { return .cancel }
            return now >= looked + timing.poll ? .look : .wait
        case .ended(_, let at, _, _, _):
            return now >= at + BatchTiming.lost ? .dissolve(.failed) : .collect
        }
    }

    // MARK: What has happened

    mutating func sealed(size: Int) {
        self.size = size
        phase = .ready(failures: 0, notBefore: 0)
    }

    /// The call that creates it is about to be made.
    mutating func willSend(key: Int, now: Int64) {
        phase = .sending(key: key, at: now)
    }

    /// It was not created, for a reason that may pass.
    ///
    /// - Parameter pause: milliseconds that the provider, or its keys, ask to wait.
    mutating func putOff(now: Int64, pause: Int64?, _ timing: BatchTiming) {
        let failures = if case .ready(let failures, _) = phase { failures + 1 } else { 1 }
        let backoff = min(timing.poll << min(failures - 1, 6), max(900_000, timing.poll))
        phase = .ready(failures: failures, notBefore: now + max(backoff, pause ?? 0))
    }

    /// The provider does not have it after all.
    mutating func wasNotCreated() {
        phase = .ready(failures: 0, notBefore: 0)
    }

    /// The provider has it.
    mutating func created(_ batch: ProviderBatch, now: Int64) {
        guard case .sending(let key, let at) = phase else { return }
        phase = .submitted(key: key, id: batch.id, at: at, looked: now, isCancelled: false)
        saw(batch, now: now)
    }

    mutating func wasCancelled(_ batch: ProviderBatch, now: Int64) {
        guard case .submitted(let key, let id, let at, _, _) = phase else { return }
        phase = .submitted(key: key, id: id, at: at, looked: now, isCancelled: true)
        saw(batch, now: now)
    }

    /// The provider has told of it.
    mutating func saw(_ batch: ProviderBatch, now: Int64) {
        guard case .submitted(let key, let id, let at, _, let isCancelled) = phase else { return }
        switch batch.state {
        case .running:
            phase = .submitted(key: key, id: id, at: at, looked: now, isCancelled: isCancelled)
        case .ended:
            phase = .ended(key: key, at: at, milliseconds: now - at, results: batch.results, otherwise: isCancelled ? .cancelled : .failed)
        case .refused(let code, _):
            phase = .ended(key: key, at: at, milliseconds: now - at, results: [], otherwise: Self.reason(refusal: code))
        }
    }

    /// It could not be looked at; that is tried again after a while.
    mutating func wasNotSeen(now: Int64) {
        guard case .submitted(let key, let id, let at, _, let isCancelled) = phase else { return }
        phase = .submitted(key: key, id: id, at: at, looked: now, isCancelled: isCancelled)
    }

    /// A limit on how much may be in batches at once leaves after a while; all else is wrong with the batch as it is.
    private static func reason(refusal code: String) -> BatchEntry.Reason {
        code == "token_limit_exceeded" || code == "rate_limit_exceeded" ? .busy : .refused
    }
}
