package import EventLoop
internal import Glibc

/// A connection to Redis that is made, and made again when it is lost, in the background, and that many tasks share.
///
/// It belongs to one loop's thread: make it there, use it from an actor that lives there, and `close` it before letting go of it. The commands
/// that all tasks issue in one turn of the loop leave in one write, and are answered in order. So it is not for commands that change what
/// the connection is (`SUBSCRIBE`, `MULTI`, `SELECT`, `CLIENT REPLY`) or that block the server's side of it (`BLPOP`): use scripts
/// where several commands belong together.
///
/// After a reply that does not come in time the connection is replaced, so that no reply is ever taken for another command's.
package final class RedisClient {
    /// Where sentinels say so, the address is that of the primary last known.
    package internal(set) var configuration: RedisConfiguration
    /// Called on the loop after each change of `state`, for logs and metrics. It must not call the client.
    package var onStateChange: ((RedisState) -> Void)?

    let loop: EventLoop
    let random: () -> Double
    var lifecycle: Lifecycle
    var connection: Connection?
    /// Not nil while a connection is greeted.
    var handshake: Handshake?
    /// Addresses that this attempt has yet to try, the next one last.
    var untriedAddresses: [String] = []
    var isResolving = false
    /// Asks a sentinel; nil when none is asked.
    var sentinel: RedisClient?
    /// Which of the sentinels is asked first.
    var firstSentinel = 0
    var commands = CommandQueue()
    var lastTicket: UInt64 = 0
    /// The bytes of the commands that wait for a connection.
    var waitingBytes: [UInt8] = []
    var encoder = CommandEncoder()
    var scripts = ScriptTable()
    var attemptWaiters: [UnsafeContinuation<RedisError?, Never>] = []
    var closeWaiters: [UnsafeContinuation<Void, Never>] = []
    /// Counts what earlier connections did.
    var counted = RedisStatistics()
    /// When the commands of this turn were issued, read once a turn.
    var turnTime: MonotonicTime?
    /// Due when the oldest command may be.
    var sweepTimer: LoopTimer?
    var sweepIsArmed = false
    /// Ends an attempt that takes too long, or the pause before the next.
    var attemptTimer: LoopTimer?

    /// Begins to connect. *Loop only.*
    ///
    /// - Parameters:
    ///   - loop: the loop on whose thread the client lives.
    ///   - random: 0 ..< 1, spreads the attempts to reconnect.
    package init(loop: EventLoop, configuration: RedisConfiguration, random: @escaping () -> Double = { .random(in: 0..<1) }) {
        loop.checkIsolated()
        self.loop = loop
        self.configuration = configuration
        self.random = random
        lifecycle = Lifecycle(backoff: Backoff(first: configuration.retryDelay, maximum: configuration.maximumRetryDelay))
        Self.blockBrokenPipeSignal()
        sweepTimer = loop.makeTimer { [weak self] in self?.sweep() }
        attemptTimer = loop.makeTimer { [weak self] in self?.attemptTimerFired() }
        beginAttempt()
    }

    deinit {
        if lifecycle.phase == .closed { return }
        // Nobody closed it, and this may be any thread: what belongs to the loop must go there.
        let remains = Remains(connection: connection, timers: [sweepTimer, attemptTimer])
        loop.execute { remains.dispose() }
    }

    /// Whether commands go out at once. Where it is false, a caller may apply its own policy instead of issuing one.
    package var isAvailable: Bool {
        lifecycle.phase == .available
    }

    package var state: RedisState {
        lifecycle.state
    }

    package var statistics: RedisStatistics {
        var statistics = counted
        statistics.writes += connection?.writes ?? 0
        return statistics
    }

    /// Commands whose reply has not come, those given up by their tasks included.
    package var pendingCount: Int {
        commands.count
    }

    /// Waits for the outcome of the attempt to connect that is under way, if one is. Useful at a start, to tell a wrong address or password
    /// at once; the client goes on trying whatever came of it.
    ///
    /// - Throws: `RedisError`, why there is no connection.
    package func connect(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        loop.checkIsolated()
        switch lifecycle.phase {
        case .available:
            return
        case .connecting:
            let failure = await withUnsafeContinuation { continuation in
                // It may be over before a task that does not prefer the loop gets here.
                if case .connecting = lifecycle.phase { return attemptWaiters.append(continuation) }
                if case .refuse(let failure) = lifecycle.admission { return continuation.resume(returning: failure) }
                continuation.resume(returning: nil)
            }
            if let failure { throw failure }
        case .pausing, .closing, .closed:
            if case .refuse(let failure) = lifecycle.admission { throw failure }
        }
    }

    /// Takes no more commands, waits for the replies to those that were sent, at most for their timeout, and closes the connection.
    /// Commands that still wait for a connection fail.
    package func close(isolation: isolated (any Actor)? = #isolation) async {
        loop.checkIsolated()
        await withUnsafeContinuation { continuation in
            // The last reply may come before a task that does not prefer the loop gets here.
            guard lifecycle.phase != .closed else { return continuation.resume() }
            closeWaiters.append(continuation)
            let mustWait = lifecycle.phase == .closing || isAvailable && !commands.isEmpty
            change { $0.close() }
            if !mustWait { finishClosing() }
        }
    }

    /// Changes the lifecycle, and tells of it if the state is another after that.
    func change<Result>(_ body: (inout Lifecycle) -> Result) -> Result {
        guard let onStateChange else { return body(&lifecycle) }
        let before = lifecycle.state
        let result = body(&lifecycle)
        let after = lifecycle.state
        if after != before { onStateChange(after) }
        return result
    }

    /// hiredis writes to sockets with `write`, which raises SIGPIPE where the server is gone; the thread does not want it, and gets EPIPE.
    private static func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// What a client leaves behind that was not closed. Unchecked because it is touched on the loop only.
private final class Remains: @unchecked Sendable {
    private var connection: Connection?
    private var timers: [LoopTimer?]

    init(connection: Connection?, timers: [LoopTimer?]) {
        self.connection = connection
        self.timers = timers
    }

    func dispose() {
        connection?.drop()
        connection = nil
        timers = []
    }
}
