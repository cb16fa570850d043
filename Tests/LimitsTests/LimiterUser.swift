import EventLoop
import Limits
import Logging
import Redis
import Synchronization
import TestSupport

/// One event loop's limiter.
actor LimiterUser: LoopUser {
    nonisolated let loop = EventLoop(name: "limiter")
    private let name: String
    private let port: Int?
    private let plan: LimitPlan
    private let loops: Int
    private var redis: RedisClient?
    private var limiter: RateLimiter?
    private(set) var modes: [LimiterMode] = []
    private(set) var granted: [String: Int] = [:]
    private(set) var order: [String] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ name: String, port: Int?, _ plan: LimitPlan, loops: Int) {
        self.name = name
        self.port = port
        self.plan = plan
        self.loops = loops
    }

    /// Runs `body` with so many loops that share a plan.
    static func with(_ count: Int, port: Int?, _ plan: LimitPlan, _ body: ([LimiterUser]) async throws -> Void) async throws {
        try await run((0..<count).map { LimiterUser("loop-\($0)", port: port, plan, loops: count) }, body)
    }

    nonisolated func endLoop() { loop.shutDown() }

    func start() async {
        if let port { redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port)) }
        try? await redis?.connect()
        let (loops, loop) = (loops, loop)
        let limiter = RateLimiter(
            plan: plan, redis: redis, loopsOfFleet: { loops }, holder: name, loop: loop, logger: Logger(label: "test"),
            onSwitch: { self.note($0) }, onSlotFree: { holder, _ in self.noteTold(holder) })
        redis?.onStateChange = { [weak limiter] _ in loop.atTurnEnd { limiter?.noteConnection() } }
        self.limiter = limiter
    }

    func stop() async {
        limiter?.stop()
        await redis?.close()
        limiter = nil
        redis = nil
    }

    /// Leaves everything as it is, as a crash would.
    func crash() async {
        redis?.onStateChange = nil
        await redis?.close()
        limiter = nil
        redis = nil
    }

    /// Whom this loop has told that a slot is free.
    private(set) var told: [String] = []
    private nonisolated func noteTold(_ holder: String) { assumeIsolated { $0.told.append(holder) } }

    func noteSlotFree(_ scope: String) { limiter?.noteSlotFree(scope) }

    private nonisolated func note(_ mode: LimiterMode) { assumeIsolated { $0.modes.append(mode) } }

    @discardableResult
    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }

    var statistics: LimiterStatistics { limiter?.statistics ?? LimiterStatistics() }

    /// Waits for a permit.
    func enter(_ tenant: String? = nil, tokens: Int = 0, priority: Int = 5, keys: [Int] = [0], longest: Duration = .seconds(60)) async
        -> Held?
    {
        let demand = LimitDemand(
            provider: "p", model: "m", tenant: tenant, priority: priority, tokens: { (tokens, 0) }, keys: { keys })
        guard let limiter else { return nil }
        if let permit = limiter.take(demand) { return note(permit, tenant) }
        guard case .granted(let permit) = await limiter.wait(demand, deadline: nil, longest: longest) else { return nil }
        return note(permit, tenant)
    }

    /// What waiting comes to, where it is no permit.
    func refusal(deadline: Duration? = nil, longest: Duration = .seconds(60)) async -> String {
        let demand = LimitDemand(provider: "p", model: "m", tenant: nil, priority: 5, tokens: { (0, 0) }, keys: { [0] })
        switch await limiter?.wait(demand, deadline: deadline.map { .now + $0 }, longest: longest) {
        case .granted: return "granted"
        case .tooLong(let milliseconds): return milliseconds > 1_000 ? "too long" : "too long, but not for long"
        case .late: return "late"
        case .cancelled: return "cancelled"
        case nil: return "no limiter"
        }
    }

    /// A permit that stays on its loop.
    final class Held: @unchecked Sendable {
        // Unchecked because only its loop looks into it.
        fileprivate let permit: Permit
        let key: Int

        fileprivate init(_ permit: Permit) {
            self.permit = permit
            key = permit.key
        }
    }

    private func note(_ permit: Permit, _ tenant: String?) -> Held {
        granted[tenant ?? "", default: 0] += 1
        order.append(tenant ?? "")
        return Held(permit)
    }

    func settle(_ held: Held, tokens: Int) { limiter?.settle(held.permit, input: tokens, output: 0) }
    func cancel(_ held: Held) { limiter?.cancel(held.permit) }
    func refused(_ held: Held, milliseconds: Double) { limiter?.providerRefused(held.permit, milliseconds: milliseconds) }

    /// Makes calls, so many at once, until the task is cancelled.
    func saturate(_ tenant: String? = nil, at once: Int, tokens: Int = 0, used: Int = 0) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<once {
                group.addTask {
                    while !Task.isCancelled {
                        guard let held = await self.enter(tenant, tokens: tokens) else { return }
                        await self.settle(held, tokens: used)
                    }
                }
            }
        }
    }
}
