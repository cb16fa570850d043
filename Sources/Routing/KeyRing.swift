package import Envelope
package import EventLoop

/// Which of a provider's keys a call is made with: each in turn, but for those that are set aside because the provider has refused
/// them. A value without I/O.
///
/// A key that was set aside is tried again after a while, by one call first: if that is refused too, twice as much time passes.
package struct KeyRing: Sendable {
    /// What a provider's refusal says of a key.
    package enum Fault: Sendable {
        /// The key is not accepted, or its account has used up what it may.
        case key
        /// The key may not use one model.
        case model(String)
        /// What the key may ask of a model is used up for some milliseconds. For a short while it goes on being used if no other is free.
        case rate(String, milliseconds: Double)
    }

    package enum Choice: Equatable, Sendable {
        case key(Int)
        /// All are set aside, the first of them to be tried again for that reason; it is tried again then.
        case none(ErrorCode, until: MonotonicTime)
    }

    /// Milliseconds for which a key is set aside the first time.
    static let firstPause = 60_000.0
    /// Milliseconds for which it is set aside at most.
    static let longestPause = 3_600_000.0
    /// Milliseconds after which a trial that has had no outcome is given up.
    static let longestTrial = 120_000.0

    /// Models are requesters' to invent: what is noted of them must not fill the memory.
    static let mostRefusals = 1_024

    private struct Refusal {
        var failures = 0
        var reason: ErrorCode
        var until: MonotonicTime
        /// Since when one call tries the key again.
        var trial: MonotonicTime?
    }

    private let count: Int
    private var next = 0
    /// By the key's number and the model; of the key as a whole where that is nil.
    private var refusals: [Scope: Refusal] = [:]
    private var rests: [Scope: Rest] = [:]
    /// When the first rest is over, or before.
    private var soonestEnd: MonotonicTime?

    /// Milliseconds from which on nobody calls with a key that is to be left alone for so long.
    static let longRest = 60_000.0

    private struct Rest {
        let until: MonotonicTime
        let isLong: Bool
    }

    private struct Scope: Hashable {
        let key: Int
        let model: String?
    }

    /// - Parameter count: how many keys there are, at least 1.
    package init(count: Int) {
        self.count = count
    }

    /// Chooses the key for a call.
    package mutating func take(for model: String, now: MonotonicTime) -> Choice {
        if let end = soonestEnd, end <= now {
            rests = rests.filter { $0.value.until > now }
            soonestEnd = rests.values.map(\.until).min()
        }
        if refusals.isEmpty, rests.isEmpty {
            defer { next = (next + 1) % count }
            return .key(next)
        }
        guard let chosen = usable(for: model, now: now).first else {
            let first = order.min { opensAt($0, model, now) < opensAt($1, model, now) } ?? next
            let reason = scopes(first, model).compactMap { refusals[$0]?.reason }.first ?? .rateLimited
            return .none(reason, until: opensAt(first, model, now))
        }
        note(chosen, isTakenFor: model, now: now)
        return .key(chosen)
    }

    /// The keys that may be used for a model, the one whose turn it is first, and those last that are to be left alone.
    package func usable(for model: String, now: MonotonicTime) -> [Int] {
        if refusals.isEmpty, rests.isEmpty { return order }
        let open = order.filter { opensAt($0, model, now) <= now }
        return open.filter { isRested($0, model, now) } + open.filter { !isRested($0, model, now) }
    }

    /// Takes the key that was chosen for a call.
    ///
    /// - Returns: false if it has been set aside meanwhile.
    package mutating func take(_ key: Int, for model: String, now: MonotonicTime) -> Bool {
        guard opensAt(key, model, now) <= now else { return false }
        note(key, isTakenFor: model, now: now)
        return true
    }

    private mutating func note(_ key: Int, isTakenFor model: String, now: MonotonicTime) {
        next = (key + 1) % count
        for scope in scopes(key, model) { refusals[scope]?.trial = now }
    }

    /// The keys from the one whose turn it is.
    private var order: [Int] { (0..<count).map { (next + $0) % count } }

    /// Whether there is a key that may be used for a model, and need not be left alone.
    package func hasRested(for model: String, now: MonotonicTime) -> Bool {
        (0..<count).contains { opensAt($0, model, now) <= now && isRested($0, model, now) }
    }

    /// Notes that a call was answered, or failed for a reason that is not the key's.
    ///
    /// - Parameter isAccepted: whether the provider has taken the key; false if that is not known.
    package mutating func finished(_ key: Int, model: String, isAccepted: Bool) {
        guard !refusals.isEmpty else { return }
        for scope in scopes(key, model) {
            if isAccepted { refusals[scope] = nil } else { refusals[scope]?.trial = nil }
        }
    }

    /// Notes that a provider has refused a key.
    ///
    /// - Parameter reason: what the provider said.
    /// - Returns: milliseconds for which it is set aside; nil if it was already, or is only to be left alone for a short while.
    package mutating func refused(_ key: Int, _ fault: Fault, reason: ErrorCode, now: MonotonicTime) -> Double? {
        let scope: Scope
        switch fault {
        case .rate(let model, let milliseconds): return rest(Scope(key: key, model: model), milliseconds, now)
        case .key: scope = Scope(key: key, model: nil)
        case .model(let model): scope = Scope(key: key, model: model)
        }
        if scope.model != nil, refusals.count >= Self.mostRefusals {
            refusals = refusals.filter { $0.key.model == nil || $0.value.until > now }
            guard refusals.count < Self.mostRefusals else { return nil }
        }
        var refusal = refusals[scope] ?? Refusal(reason: reason, until: now)
        // Calls that were made before it was set aside, or beside the trial, say nothing new.
        guard refusal.failures == 0 || refusal.trial != nil else { return nil }
        let pause = min(Self.firstPause * Double(1 << min(refusal.failures, 10)), Self.longestPause)
        refusal.failures += 1
        refusal.reason = reason
        refusal.until = now + .milliseconds(pause)
        refusal.trial = nil
        refusals[scope] = refusal
        return pause
    }

    private mutating func rest(_ scope: Scope, _ milliseconds: Double, _ now: MonotonicTime) -> Double? {
        guard rests.count < Self.mostRefusals else { return nil }
        let milliseconds = min(milliseconds, Self.longestPause)
        let until = now + .milliseconds(milliseconds)
        soonestEnd = min(soonestEnd ?? until, until)
        let wasLong = rests[scope].map { $0.isLong && $0.until > now } ?? false
        if until > rests[scope]?.until ?? now { rests[scope] = Rest(until: until, isLong: milliseconds > Self.longRest) }
        return milliseconds > Self.longRest && !wasLong ? milliseconds : nil
    }

    private func isRested(_ key: Int, _ model: String, _ now: MonotonicTime) -> Bool {
        rests[Scope(key: key, model: model)].map { $0.until <= now } ?? true
    }

    private func scopes(_ key: Int, _ model: String) -> [Scope] {
        [Scope(key: key, model: nil), Scope(key: key, model: model)]
    }

    /// When a key may be used for a model.
    private func opensAt(_ key: Int, _ model: String, _ now: MonotonicTime) -> MonotonicTime {
        let rest = rests[Scope(key: key, model: model)].flatMap { $0.isLong ? $0.until : nil }
        let closed = scopes(key, model).compactMap { refusals[$0] }.map { refusal in
            guard let trial = refusal.trial else { return refusal.until }
            let end = trial + .milliseconds(Self.longestTrial)
            return max(refusal.until, end)
        }
        return (closed + (rest.map { [$0] } ?? [])).max() ?? now
    }
}
