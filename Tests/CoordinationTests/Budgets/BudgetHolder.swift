import EventLoop
import Logging
import Redis
import TestSupport

@testable import Coordination

/// One loop's budgets, on a loop of its own.
actor BudgetHolder: LoopUser {
    private final class World {
        /// Unix milliseconds: a day early in a month, and far ahead, so that nothing expires.
        var now: Int64 = 4_000_000_000_000
        var crossings: [BudgetCrossing] = []
    }

    private let loop = EventLoop(name: "budgets")
    private let port: Int?
    private let name: String
    private let budget: TenantBudget
    private var redis: RedisClient?
    private var ledger: BudgetLedger?
    private var running: Task<Void, Never>?
    private let world = World()
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(port: Int?, name: String, budget: TenantBudget) {
        self.port = port
        self.name = name
        self.budget = budget
    }

    /// Runs `body` with some loops, where each tenant has the same budget.
    static func with(
        port: Int?, count: Int = 1, budget: TenantBudget, _ body: ([BudgetHolder]) async throws -> Void
    ) async throws {
        let holders = (0..<count).map { BudgetHolder(port: port, name: "holder\($0)", budget: budget) }
        try await run(holders, body)
    }

    func start() async {
        if let port { redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port)) }
        try? await redis?.connect()
        let ledger = BudgetLedger(
            budgets: ["free": TenantBudget()], others: budget, redis: redis, group: "g", holder: name, loop: loop,
            logger: Logger(label: "test"), clock: { [world] in world.now },
            onCrossing: { [world] in world.crossings.append($0) })
        redis?.onStateChange = { [loop] _ in loop.atTurnEnd { ledger.noteConnection() } }
        self.ledger = ledger
        running = Task { await self.ledger?.run() }
    }

    /// As a worker stops that has the time.
    func stop() async {
        running?.cancel()
        await running?.value
        running = nil
        await ledger?.close()
        await redis?.close()
        redis = nil
        ledger = nil
    }

    var now: Int64 { world.now }
    var crossings: [BudgetCrossing] { world.crossings }
    func advance(to time: Int64) { world.now = time }

    func isBudgeted(_ tenant: String?) -> Bool { ledger?.isBudgeted(tenant) ?? false }
    func check(_ tenant: String? = nil) async -> BudgetExcess? { await ledger?.check(tenant) }
    func charge(_ tenant: String? = nil, usd: Double, tokens: Int) { ledger?.charge(tenant, usd: usd, tokens: tokens) }
    var isReported: Bool { ledger?.isReported ?? true }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }

    func store(as holder: String) -> BudgetStore? { redis.map { BudgetStore(redis: $0, group: "g", holder: holder) } }

    func report(_ reports: [(span: BudgetSpan, report: BudgetTally.Report)], by holder: String, retires: Bool) async throws
        -> [BudgetTally.Answer]?
    {
        try await store(as: holder)?.report(reports, tenant: "t", retires: retires)
    }

    func look(_ spans: [BudgetSpan], as holder: String, tenant: String = "t") async throws -> [BudgetStore.Look]? {
        try await store(as: holder)?.look(spans, tenant: tenant)
    }
}
