internal import Envelope
package import EventLoop
package import Logging
package import Redis

/// Counts what tenants use of their budgets, together with the other loops and workers of a group, and says when one is used up. Confined
/// to its Redis client's loop.
///
/// A call counts when it is finished, from then on for this loop, and for the others as soon as it is reported: about a round trip later.
/// So what runs when a budget is used up may still exceed it.
///
/// While Redis is away, budgets go by the last known totals and what this loop has charged since; that is reported when Redis is back, and
/// never counted twice by repetition. A Redis that comes back empty has again what living workers have charged, and of stopped ones what
/// was reported by others since; what was charged by workers that crashed is lost with it. One that comes back older than it was counts
/// again, until the period ends, what workers had charged that have stopped in between. Without Redis each loop counts for itself.
package final class BudgetLedger {
    private let budgets: [String: TenantBudget]
    private let others: TenantBudget?
    private let redis: RedisClient?
    private let store: BudgetStore?
    private let holder: String
    private let loop: EventLoop
    private let logger: Logger
    private let clock: () -> Int64
    private let onCrossing: (BudgetCrossing) -> Void
    private var accounts: [String: BudgetAccount] = [:]
    /// Tenants whose accounts have something to report.
    private var unreported: Set<String> = []
    /// In place of Redis where there is none.
    private var tallies: [String: [BudgetSpan: BudgetTally]] = [:]
    /// When accounts are looked through for what is over.
    private var nextPruning: Int64 = 0
    private var isDegraded = false
    private let bell: AsyncStream<Void>
    private let doorbell: AsyncStream<Void>.Continuation

    /// After a report that failed.
    private static let retryDelay = Duration.milliseconds(500)

    /// - Parameters:
    ///   - budgets: by tenant; that of requests without one is under the empty name.
    ///   - others: of each tenant that is not named; nil for no limit.
    ///   - group: the consumer group, whose workers count together.
    ///   - holder: unique in the fleet, and never used again.
    ///   - clock: unix milliseconds.
    ///   - onCrossing: called on the loop where this one is to tell.
    package init(
        budgets: [String: TenantBudget], others: TenantBudget?, redis: RedisClient?, group: String,
        holder: String = String(UInt64.random(in: 0...UInt64.max), radix: 36), loop: EventLoop, logger: Logger,
        clock: @escaping () -> Int64 = { WallClock.milliseconds }, onCrossing: @escaping (BudgetCrossing) -> Void
    ) {
        self.budgets = budgets
        self.others = others
        self.redis = redis
        store = redis.map { BudgetStore(redis: $0, group: group, holder: holder) }
        self.holder = holder
        self.loop = loop
        self.logger = logger
        self.clock = clock
        self.onCrossing = onCrossing
        (bell, doorbell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether Redis has everything that was charged here.
    var isReported: Bool { accounts.values.allSatisfy(\.isReported) }

    package func isBudgeted(_ tenant: String?) -> Bool {
        budget(tenant ?? "") != nil
    }

    private func budget(_ tenant: String) -> TenantBudget? {
        (budgets[tenant] ?? others).flatMap { $0.isLimited ? $0 : nil }
    }

    /// Asks before a call whether the tenant has something left.
    ///
    /// - Returns: nil if it may go on; otherwise what is used up.
    package func check(_ tenant: String?, isolation: isolated (any Actor)? = #isolation) async -> BudgetExcess? {
        let tenant = tenant ?? ""
        guard open(tenant) else { return nil }
        if let store, let spans = accounts[tenant]?.spans(now: clock()) {
            do {
                let looks = try await store.look(spans, tenant: tenant)
                isDegraded = false
                for (span, look) in zip(spans, looks) { accounts[tenant]?.looked(look, at: span) }
                noteUnreported(tenant)
            } catch {
                noteDegraded(error)
            }
        }
        return accounts[tenant]?.excess(now: clock())
    }

    /// Counts a finished call; what it reaches is told by `onCrossing`, after the report.
    package func charge(_ tenant: String?, usd: Double, tokens: Int) {
        let tenant = tenant ?? ""
        guard open(tenant) else { return }
        accounts[tenant]?.charge(BudgetAmount(usd: usd, tokens: tokens), now: clock())
        if store != nil { noteUnreported(tenant) } else { count(tenant) }
    }

    /// Makes sure that the tenant has an account.
    ///
    /// - Returns: false if it has no budget, and so none.
    private func open(_ tenant: String) -> Bool {
        prune()
        if accounts[tenant] != nil { return true }
        guard let budget = budget(tenant) else { return false }
        accounts[tenant] = BudgetAccount(tenant: tenant, budget: budget, holder: holder)
        return true
    }

    private func noteUnreported(_ tenant: String) {
        guard accounts[tenant]?.isReported == false, unreported.insert(tenant).inserted else { return }
        doorbell.yield()
    }

    /// Forgets once a day what is over.
    private func prune() {
        let now = clock()
        guard now >= nextPruning else { return }
        nextPruning = BudgetSpan(.day, at: now).end
        for tenant in accounts.keys { accounts[tenant]?.prune(now: now) }
        accounts = accounts.filter { !$0.value.isEmpty }
        tallies = tallies.mapValues { $0.filter { $0.key.end > now } }.filter { !$0.value.isEmpty }
    }

    private func count(_ tenant: String) {
        for (span, report) in accounts[tenant]?.reports() ?? [] {
            let answer = tallies[tenant, default: [:]][span, default: BudgetTally()].report(report, by: holder)
            for crossing in accounts[tenant]?.answered(answer, to: report, of: span) ?? [] { onCrossing(crossing) }
        }
    }

    // MARK: Reports

    /// Reports what is charged, until the task is cancelled. To be called once.
    package func run(isolation: isolated (any Actor)? = #isolation) async {
        let retry = loop.makeTimer { [doorbell] in doorbell.yield() }
        for await _ in bell {
            await reportAll()
            if !unreported.isEmpty { retry.arm(after: Self.retryDelay) }
        }
    }

    /// To be called when there is a new connection to Redis: reports everything again, for Redis may have lost it.
    package func noteConnection() {
        guard let redis, redis.isAvailable else { return }
        for tenant in accounts.keys {
            accounts[tenant]?.noteConnection()
            noteUnreported(tenant)
        }
        // Those too that failed before.
        doorbell.yield()
    }

    /// Reports for the last time: to be called after `run` has ended, and before the client is closed.
    package func close(isolation: isolated (any Actor)? = #isolation) async {
        for tenant in accounts.keys {
            do {
                try await report(tenant, retires: true)
            } catch {
                logger.warning("\(error); what was used of a budget since the last report is lost")
                // What Redis says of one tenant's account need not be so for the next.
                guard case .server = error.code else { return }
            }
        }
    }

    private func reportAll(isolation: isolated (any Actor)? = #isolation) async {
        var failed: Set<String> = []
        while let tenant = unreported.popFirst() {
            do {
                try await report(tenant, retires: false)
                isDegraded = false
            } catch {
                failed.insert(tenant)
                noteDegraded(error)
                // What Redis says of one tenant's account need not be so for the next.
                guard case .server = error.code else { break }
            }
        }
        unreported.formUnion(failed)
    }

    private func report(_ tenant: String, retires: Bool, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        guard let store, let reports = accounts[tenant]?.reports(atEnd: retires), !reports.isEmpty else { return }
        let answers = try await store.report(reports, tenant: tenant, retires: retires)
        for ((span, report), answer) in zip(reports, answers) {
            for crossing in accounts[tenant]?.answered(answer, to: report, of: span) ?? [] { onCrossing(crossing) }
        }
        noteUnreported(tenant)
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, budgets go by the last known totals and what this event loop uses")
    }
}
