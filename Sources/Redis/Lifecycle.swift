internal import EventLoop

/// Decides when a client connects, and what becomes of a command that comes meanwhile.
struct Lifecycle {
    enum Phase: Equatable {
        /// An attempt is under way. Commands wait for it until one of them has waited in vain.
        case connecting(commandsWait: Bool)
        case available
        /// The last attempt failed and the next is due later.
        case pausing
        /// Takes no more commands, and waits for the replies to come.
        case closing
        case closed
    }

    enum Admission: Equatable {
        case send
        case wait
        case refuse(RedisError)
    }

    enum Next: Equatable {
        case connect
        case pause(Duration)
        case end
    }

    /// A connection that served for so long owes its end to chance rather than to itself.
    static let provenAfter: Duration = .seconds(5)

    private(set) var phase: Phase = .connecting(commandsWait: true)
    private(set) var lastFailure: RedisError?
    private var backoff: Backoff
    private var establishedAt: MonotonicTime?
    private var hasServed = false

    init(backoff: Backoff) {
        self.backoff = backoff
    }

    var admission: Admission {
        switch phase {
        case .available: .send
        case .connecting(commandsWait: true): .wait
        case .connecting(commandsWait: false), .pausing:
            .refuse(lastFailure ?? RedisError(.unavailable, "there is no connection to Redis yet"))
        case .closing, .closed: .refuse(RedisError(.closed, "the Redis client is closed"))
        }
    }

    var state: RedisState {
        switch (phase, admission) {
        case (.available, _): .available
        case (.connecting, .refuse(let failure)), (.pausing, .refuse(let failure)): .unavailable(failure)
        case (.closing, _), (.closed, _): .closed
        default: .connecting
        }
    }

    mutating func established(at now: MonotonicTime) {
        phase = .available
        establishedAt = now
        hasServed = false
        lastFailure = nil
    }

    /// A command got its reply: whatever was wrong with earlier connections, this one works.
    mutating func served() {
        if hasServed { return }
        hasServed = true
        backoff.reset()
    }

    /// A command waited for the connection for as long as it could.
    mutating func waitedInVain(_ failure: RedisError) {
        guard phase == .connecting(commandsWait: true) else { return }
        phase = .connecting(commandsWait: false)
        lastFailure = failure
    }

    mutating func attemptFailed(_ failure: RedisError, random: Double) -> Next {
        if phase == .closing || phase == .closed { return .end }
        phase = .pausing
        lastFailure = failure
        return .pause(backoff.next(random: random))
    }

    /// An established connection ended. One that proved itself is replaced at once, with commands waiting for that.
    mutating func lost(_ failure: RedisError, at now: MonotonicTime, random: Double) -> Next {
        if phase == .closing || phase == .closed { return .end }
        let isProven = hasServed || establishedAt.map { $0 + Self.provenAfter <= now } ?? false
        lastFailure = failure
        guard isProven else {
            phase = .pausing
            return .pause(backoff.next(random: random))
        }
        backoff.reset()
        phase = .connecting(commandsWait: true)
        return .connect
    }

    /// The pause is over.
    mutating func retries() {
        if phase == .pausing { phase = .connecting(commandsWait: false) }
    }

    mutating func close() {
        if phase != .closed { phase = .closing }
    }

    mutating func closed() {
        phase = .closed
    }
}
