package import Coordination
internal import DequeModule
package import Envelope
package import EventLoop
package import Logging
package import Redis

/// Answers requests that were answered before, and has one of many that are the same answered for all, in the whole fleet. Confined to its
/// loop.
///
/// An answer is looked for in this loop's memory, then in Redis. Where there is none, the first that asks leads: it has a provider called,
/// and the others wait (a flight). Of a loop only the first one asks Redis; that a flight has ended is told to other loops by mail, and
/// they look by themselves once a second. A leader renews its flight; if its worker is gone, another leads some seconds later. One that
/// gives up hands the lead on.
///
/// Without Redis, or while it is away, all this holds for each loop alone.
package final class ResponseCache {
    package let plan: CachePlan
    let scripts: CacheScripts
    let shared: Shared?
    /// Where this loop gets its mail.
    let address: String
    let loop: EventLoop
    let logger: Logger
    let onTampered: (String) -> Void

    var memory: MemoryCache
    var flights: [CacheKey: Flight] = [:]
    /// Of tokens that no other life of the loop has.
    let tokenPrefix: String
    var lastToken = 0
    var accounts = Accounts()
    var accountTimer: LoopTimer?
    var renewTimer: LoopTimer?
    var isRenewing = false
    var isDegraded = false

    /// What the fleet shares.
    package struct Shared {
        let redis: RedisClient
        let codec: ValueCodec

        package init(redis: RedisClient, codec: ValueCodec) {
            self.redis = redis
            self.codec = codec
        }
    }

    /// What Redis is still to be told.
    struct Accounts {
        var stored: [(key: CacheKey, size: Int, seconds: Int)] = []
        var wanted: [CacheKey] = []
    }

    /// What a request is told.
    package enum Lookup {
        /// The answer.
        case hit(WrittenBytes)
        /// The caller is to bring the answer, and must end the flight: by `finish`, `fail` or `abandon`.
        case lead(Flight)
        /// Another has tried, and failed for all.
        case failed(SharedFailure)
        /// The request's time was over before there was an answer.
        case late
        case cancelled
    }

    /// Requests of one loop that are the same.
    package final class Flight {
        enum State {
            /// Redis is asked.
            case asking
            /// One of them has a provider called.
            case leading
            /// Another loop's does, under this token.
            case waiting(for: String)
        }

        let key: CacheKey
        /// This loop's, in Redis.
        var token = ""
        var state = State.asking
        var waiters: Deque<Waiter> = []
        /// Whether mail has come while Redis was asked.
        var hasMail = false
        /// Whether it was begun for a request that has not come yet.
        var isPrepared = false
        /// Whether it is this loop's to lead, and nobody does yet.
        var isFree = false
        var timer: LoopTimer?
        var pollAt = MonotonicTime.now

        init(_ key: CacheKey) {
            self.key = key
        }
    }

    final class Waiter {
        let deadline: MonotonicTime?
        /// Called when it is known that it has to wait.
        var onWait: (() -> Void)?
        var continuation: UnsafeContinuation<Void, Never>?
        var step = Step.told(.cancelled)

        init(deadline: MonotonicTime?, onWait: @escaping () -> Void) {
            self.deadline = deadline
            self.onWait = onWait
        }

        func noteWait() {
            onWait?()
            onWait = nil
        }
    }

    enum Step {
        case told(Lookup)
        /// What Redis has was sealed with a key that this worker has to fetch first.
        case fetchKeys(Flight, sealed: [UInt8])
    }

    static let pollInterval = Duration.seconds(1)
    static let renewInterval = Duration.milliseconds(1_500)
    /// Milliseconds after which a loop looks again whether Redis has a newer answer.
    static let longestInMemory: Int64 = 60_000

    /// - Parameters:
    ///   - shared: nil if there is no Redis.
    ///   - mailbox: nil if there is no Redis; tells of flights that have ended.
    ///   - onTampered: told why a stored answer is not what a worker has sealed.
    package init(
        _ plan: CachePlan, shared: Shared?, mailbox: Mailbox?, loop: EventLoop, logger: Logger, onTampered: @escaping (String) -> Void
    ) {
        self.plan = plan
        self.shared = shared
        self.loop = loop
        self.logger = logger
        self.onTampered = onTampered
        scripts = CacheScripts(group: plan.group)
        memory = MemoryCache(capacity: plan.memoryBytes)
        address = mailbox?.address ?? ""
        tokenPrefix = "\(address)/\(UInt64.random(in: .min ... .max))/"
        mailbox?.onMail(Self.topic) { [unowned self] digest in
            noteEnd(of: CacheKey(digest: String(decoding: digest, as: UTF8.self)))
        }
        renewTimer = loop.makeTimer { [unowned self] in renew() }
        accountTimer = loop.makeTimer { [unowned self] in account() }
    }

    static let topic = "cache"

    var now: Int64 { Int64(MonotonicTime.now.nanoseconds / 1_000_000) }

    // MARK: Looking

    /// The answer to a request, if this loop has it at hand.
    package func atHand(_ key: CacheKey) -> WrittenBytes? {
        memory.value(of: key, now: now)
    }

    /// Finds the answer to a request, or who is to bring it.
    ///
    /// - Parameters:
    ///   - deadline: when nobody wants it any more; nil if there is no such time.
    ///   - onWait: called at most once, before it waits for another's answer.
    package func begin(
        _ key: CacheKey, deadline: MonotonicTime?, onWait: @escaping () -> Void, isolation: isolated (any Actor)? = #isolation
    ) async -> Lookup {
        if let value = atHand(key) { return .hit(value) }
        let waiter = Waiter(deadline: deadline, onWait: onWait)
        let cancellation = Cancellation(cache: self, key: key, waiter: waiter)
        while true {
            waiter.step = .told(.cancelled)
            await withTaskCancellationHandler {
                // Capturing the isolation is what keeps this closure on it.
                _ = isolation
                await withUnsafeContinuation { continuation in
                    guard !Task.isCancelled else { return continuation.resume() }
                    waiter.continuation = continuation
                    board(waiter, key)
                }
            } onCancel: {
                cancellation.run()
            }
            switch waiter.step {
            case .told(let lookup): return lookup
            case .fetchKeys(let flight, let sealed):
                let value = try? await shared?.codec.decodeWithFreshKeys(sealed, binding: Array(scripts.value(key).utf8))
                guard flights[key] === flight else { return .cancelled }
                if let value, let answer = land(flight, with: value) { return .hit(answer) }
                flight.waiters.prepend(waiter)
                ask(flight, discards: true)
            }
        }
    }

    /// Has Redis asked for a request that is about to `begin`, so that it need not wait for the answer then. If it does not come after all,
    /// the flight is ended before long.
    package func prepare(_ key: CacheKey) {
        guard shared != nil, flights[key] == nil, atHand(key) == nil else { return }
        let flight = Flight(key)
        flight.isPrepared = true
        flights[key] = flight
        ask(flight)
    }

    /// Takes a request to the flight of its key, which it begins if there is none.
    private func board(_ waiter: Waiter, _ key: CacheKey) {
        if let flight = flights[key] {
            flight.isPrepared = false
            if flight.isFree {
                flight.isFree = false
                return waiter.resume(.lead(flight))
            }
            // One that has fetched keys is aboard already.
            if !flight.waiters.contains(where: { $0 === waiter }) { flight.waiters.append(waiter) }
            if case .asking = flight.state {} else { waiter.noteWait() }
            return arm(flight)
        }
        let flight = Flight(key)
        flight.waiters = [waiter]
        flights[key] = flight
        ask(flight)
    }

    /// The answer that is kept under a key, if there is one, and the seconds that it has left; nobody is waited for.
    package func kept(
        under key: CacheKey, isolation: isolated (any Actor)? = #isolation
    ) async -> (answer: WrittenBytes, seconds: Int)? {
        let name = scripts.value(key)
        guard let shared, let sealed = try? await shared.redis.execute("GET", .string(name)).bytes,
            let stored = try? shared.codec.decode(sealed, binding: Array(name.utf8)), let (answer, milliseconds) = StoredAnswer.read(stored)
        else { return nil }
        return (answer, max(1, Int(milliseconds / 1_000)))
    }

    // MARK: Ending

    /// Ends a flight with its answer, which is kept.
    ///
    /// - Parameter seconds: for how long; nil leaves it to the configuration.
    package func finish(_ flight: Flight, with value: WrittenBytes, seconds: Int?) {
        for waiter in close(flight) { waiter.resume(.hit(value)) }
        if !keep(value, of: flight.key, seconds: seconds), let shared { release(flight, failure: nil, shared.redis) }
    }

    /// Keeps an answer that was brought without looking for one.
    package func store(_ value: WrittenBytes, for key: CacheKey, seconds: Int?) {
        _ = keep(value, of: key, seconds: seconds)
    }

    /// Ends a flight that has failed, for all that wait for it.
    package func fail(_ flight: Flight, with failure: SharedFailure) {
        for waiter in close(flight) { waiter.resume(.failed(failure)) }
        guard let shared else { return }
        let sealed = failure.written.withUnsafeBytes { shared.codec.encode($0, binding: Array(scripts.failure(flight.key).utf8)) }
        release(flight, failure: sealed, shared.redis)
    }

    /// Hands the lead of a flight on, to another of its requests, or to another loop.
    package func abandon(_ flight: Flight) {
        if let next = flight.waiters.popFirst() { return next.resume(.lead(flight)) }
        _ = close(flight)
        if let shared { release(flight, failure: nil, shared.redis) }
    }

    private func close(_ flight: Flight) -> Deque<Waiter> {
        if flights[flight.key] === flight { flights[flight.key] = nil }
        flight.timer = nil
        defer { flight.waiters = [] }
        return flight.waiters
    }

    /// - Returns: false if others cannot have it.
    private func keep(_ value: WrittenBytes, of key: CacheKey, seconds: Int?) -> Bool {
        let seconds = min(seconds ?? plan.timeToLive, Self.longestLife)
        memory.insert(value, for: key, until: now + min(Int64(seconds) * 1_000, shared == nil ? .max : Self.longestInMemory))
        return shared.map { store(value, of: key, seconds: seconds, $0) } ?? true
    }

    /// Seconds; a year.
    private static let longestLife = 31_536_000

    /// Lets go of all that wait.
    package func stop() {
        for flight in flights.values {
            for waiter in flight.waiters { waiter.resume(.cancelled) }
            flight.waiters = []
            flight.timer = nil
        }
        flights = [:]
        account()
        renewTimer = nil
        accountTimer = nil
    }

    fileprivate func giveUp(_ waiter: Waiter, _ key: CacheKey) {
        flights[key]?.waiters.removeAll { $0 === waiter }
        waiter.resume(.cancelled)
    }
}

extension ResponseCache.Waiter {
    func resume(_ lookup: ResponseCache.Lookup) {
        resume(.told(lookup))
    }

    func resume(_ step: ResponseCache.Step) {
        guard let continuation else { return }
        self.continuation = nil
        self.step = step
        continuation.resume()
    }
}

/// Lets the handler of a cancellation reach the cache. Unchecked because the handler touches it on the loop only.
private struct Cancellation: @unchecked Sendable {
    let cache: ResponseCache
    let key: CacheKey
    let waiter: ResponseCache.Waiter

    func run() {
        cache.loop.execute { cache.giveUp(waiter, key) }
    }
}
