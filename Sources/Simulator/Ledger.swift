/// What the simulator remembers: its statistics, how often it has seen each prompt, and how the limits of each key stand.
struct Ledger {
    /// What comes of a request that is in order.
    enum Admission {
        case admitted(ordinal: UInt64, QuotaReading)
        case throttled(number: Int, QuotaReading)
    }

    /// What became of an admitted request.
    enum Outcome {
        case ok(promptTokens: Int, completionTokens: Int)
        case failed(Failure)
    }

    private struct Prompt {
        var attempts: UInt32 = 0
        var answers: UInt32 = 0
    }

    private var counts = SimulatorStatistics()
    private var prompts: [UInt64: Prompt] = [:]
    private let limits: QuotaLimits
    private var quotas: [String: Quota] = [:]

    init(_ limits: QuotaLimits) {
        self.limits = limits
    }

    var statistics: SimulatorStatistics {
        var statistics = counts
        statistics.distinctPrompts = prompts.count
        for key in statistics.keys.keys { statistics.keys[key]?.quota = quotas[key]?.statistics }
        return statistics
    }

    mutating func openConnection() {
        counts.connections += 1
        counts.openConnections += 1
    }

    mutating func closeConnection() {
        counts.openConnections -= 1
    }

    /// Notes a request that never becomes an attempt, and returns its number among all requests.
    mutating func refuse(_ failure: Failure, key: String) -> Int {
        counts.requests += 1
        note(key) { $0.requests += 1 }
        counts[failure] += 1
        return counts.requests
    }

    /// Lets a request in, unless a limit of its key is reached; what it then turns away is no attempt.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of a clock that never goes back.
    ///   - tokens: what the request uses, if its prompt has been seen so often before.
    mutating func admit(fingerprint: UInt64, key: String, now: Int64, tokens: (_ ordinal: UInt64) -> Int) -> Admission {
        var reading = QuotaReading()
        if limits.isLimited {
            let amount = tokens(UInt64(prompts[fingerprint]?.attempts ?? 0))
            let isAdmitted: Bool
            (isAdmitted, reading) = quotas[key, default: Quota(limits)].admit(tokens: amount, now: now)
            guard isAdmitted else { return .throttled(number: refuse(.throttled, key: key), reading) }
        }
        return .admitted(ordinal: admitUnlimited(fingerprint: fingerprint, key: key), reading)
    }

    /// Lets a request in, and returns how often its prompt has been seen before.
    mutating func admitUnlimited(fingerprint: UInt64, key: String) -> UInt64 {
        counts.requests += 1
        counts.inFlight += 1
        counts.peakInFlight = max(counts.peakInFlight, counts.inFlight)
        note(key) {
            $0.requests += 1
            $0.inFlight += 1
            $0.peakInFlight = max($0.peakInFlight, $0.inFlight)
        }
        let ordinal = prompts[fingerprint, default: Prompt()].attempts
        prompts[fingerprint, default: Prompt()].attempts = ordinal &+ 1
        return UInt64(ordinal)
    }

    /// Notes the end of an admitted request.
    mutating func finish(fingerprint: UInt64, key: String, _ outcome: Outcome) {
        counts.inFlight -= 1
        note(key) { $0.inFlight -= 1 }
        switch outcome {
        case .failed(let failure): counts[failure] += 1
        case .ok(let promptTokens, let completionTokens):
            counts.ok += 1
            note(key) { $0.ok += 1 }
            counts.promptTokens += promptTokens
            counts.completionTokens += completionTokens
            let answers = prompts[fingerprint, default: Prompt()].answers
            if answers > 0 { counts.repeatedOK += 1 }
            prompts[fingerprint, default: Prompt()].answers = answers &+ 1
        }
    }

    /// Changes what is known of a key. One that is not among the first is never known.
    private mutating func note(_ key: String, _ change: (inout KeyStatistics) -> Void) {
        guard counts.keys[key] != nil || counts.keys.count < Self.mostKeys else { return }
        change(&counts.keys[key, default: KeyStatistics()])
    }

    private static let mostKeys = 1_000
}
