package import EventLoop
package import Logging
package import Redis

/// Lets calls through as fast as the limits of keys, models and tenants allow, for all workers of a group together. Confined to its loop.
///
/// **Stated bound.** In any time W a bucket lets through at most what its limit brings in W, and its burst; with any number of loops,
/// and while they come, go and crash. Where one call needs more than the burst, it is that call and the lease's worth instead. What a
/// call uses beyond its reservation is made up for before anything else is let through.
///
/// What is limited stands in Redis (`BucketStore`, `LimitScripts`). An event loop asks for the call that is next, and for those behind
/// it, as much as comes in until `LimitPlan.lease` from now, of which it gets a share; what is not used by then goes back. So most calls
/// ask nobody. Where nothing is there, the answer says when to ask again, and says another time to each loop.
///
/// Requests wait in `FairQueue`s, one for each model. A tenant that has used up a limit of its own is passed over until its time.
///
/// Without Redis each loop does the same by itself, with its share of every limit, beginning with nothing saved up.
package final class RateLimiter {
    let plan: LimitPlan
    let redis: RedisClient?
    let loop: EventLoop
    let logger: Logger
    /// How many event loops the fleet has.
    let loopsOfFleet: () -> Int
    let onSwitch: (LimiterMode) -> Void
    let onSlotFree: (_ holder: String, _ scope: String) -> Void
    /// Who has slots for calls at once.
    let holder: String
    /// In microseconds.
    let advance: Double
    let keyPrefix: String

    var mode = LimiterMode.shared
    /// What counts while Redis is away.
    var store = BucketStore()
    var targets: [LimitPlan.Model: Target] = [:]
    var slots: [String: Slots] = [:]
    /// Routes of which something is to be reported, or may expire.
    var unsettled: [ObjectIdentifier: Route] = [:]
    var settleTimer: LoopTimer?
    var slotTimer: LoopTimer?
    /// Due when it is to be seen whether Redis is back.
    var probeTimer: LoopTimer?
    var isProbing = false
    package internal(set) var statistics = LimiterStatistics()

    /// Calls of one model that wait.
    final class Target {
        let model: LimitPlan.Model
        var queue = FairQueue<Waiting>()
        /// By the tenant, where it is limited, and the key.
        var routes: [String: [Int: Route]] = [:]
        var timer: LoopTimer?
        /// How many wait, by tenant.
        var backlog: [String: Int] = [:]
        /// No later than the first deadline of those that wait, in microseconds.
        var nearestDeadline = Double.infinity

        init(_ model: LimitPlan.Model) {
            self.model = model
        }

        /// Those that something waits for know when to ask again, and must.
        func forgetIdleRoutes() {
            routes = routes.filter { tenant, routes in
                backlog[tenant] != nil || routes.values.contains { $0.isAsking || !$0.allowance.isEmpty }
            }
        }

        /// How many wait that need a slot of a scope.
        func count(waitingFor scope: String) -> Int {
            routes.reduce(0) { sum, entry in
                guard entry.value.values.contains(where: { $0.gates.contains { $0.scope == scope } }) else { return sum }
                return sum + (entry.key.isEmpty ? queue.count : backlog[entry.key] ?? 0)
            }
        }
    }

    /// A request that waits for its turn.
    final class Waiting {
        let demand: LimitDemand
        /// What is expected when its turn comes, and from then on what was asked for.
        lazy var need = demand.need
        /// In microseconds of the loop's clock; infinite if it may wait for ever.
        let deadline: Double
        /// Microseconds that it may wait at most.
        let longest: Double
        var continuation: UnsafeContinuation<Void, Never>?
        var outcome = LimitOutcome.cancelled
        var ticket: FairQueue<Waiting>.Ticket?

        init(_ demand: LimitDemand, deadline: Double, longest: Double) {
            self.demand = demand
            self.deadline = deadline
            self.longest = longest
        }
    }

    /// More than there are models; a requester's inventions must not fill the memory.
    private static let mostTargets = 1_024
    static let shortestAdvance = 100_000.0

    /// - Parameters:
    ///   - redis: nil if there is none: the limits then hold for this loop's share alone.
    ///   - loopsOfFleet: how many event loops all live workers have, at least 1.
    ///   - holder: this loop's name in the fleet.
    ///   - onSwitch: told when limits stop holding for the whole fleet, and when they do again.
    ///   - onSlotFree: told which other loop, by its name, is to be told that a slot of a scope is free (`noteSlotFree`); where nobody tells
    ///     it, it looks by itself.
    package init(
        plan: LimitPlan, redis: RedisClient?, loopsOfFleet: @escaping () -> Int, holder: String, loop: EventLoop, logger: Logger,
        onSwitch: @escaping (LimiterMode) -> Void = { _ in },
        onSlotFree: @escaping (_ holder: String, _ scope: String) -> Void = { _, _ in }
    ) {
        self.plan = plan
        self.redis = redis
        self.loopsOfFleet = loopsOfFleet
        self.holder = holder
        self.loop = loop
        self.logger = logger
        self.onSwitch = onSwitch
        self.onSlotFree = onSlotFree
        advance = max(Self.shortestAdvance, plan.lease.microseconds)
        // The hash tag keeps all buckets in one slot of a cluster, for one script takes from several.
        keyPrefix = "sy:{limits:\(plan.group)}:"
        settleTimer = loop.makeTimer { [unowned self] in settleAll() }
        slotTimer = loop.makeTimer { [unowned self] in renewSlots() }
        probeTimer = loop.makeTimer { [unowned self] in probe() }
    }

    var takesInAdvance: Bool { plan.lease > .zero }

    /// The client of Redis while limits hold for the whole fleet; nil otherwise.
    var sharedRedis: RedisClient? { mode == .shared ? redis : nil }

    /// How many event loops share what is there, at least 1.
    var loops: Int { max(1, loopsOfFleet()) }

    /// Microseconds of the loop's clock.
    var now: Double { Double(MonotonicTime.now.nanoseconds) / 1_000 }

    /// Whether there is anything to ask for a call.
    package func isLimited(provider: String, model: String, tenant: String?) -> Bool {
        plan.providers[provider]?.isLimited == true || plan.models[LimitPlan.Model(provider: provider, name: model)]?.isLimited == true
            || plan.tenant(tenant ?? "").rates.isLimited
    }

    /// A permit that can be had at once; nil if the call must wait for its turn.
    package func take(_ demand: LimitDemand) -> Permit? {
        let target = target(of: demand)
        guard target.queue.isEmpty else { return nil }
        let need = demand.need
        for route in routes(demand, target) {
            if let permit = permit(on: route, need) { return permit }
        }
        return nil
    }

    /// Waits for a permit.
    ///
    /// - Parameters:
    ///   - deadline: when it is not wanted any more; nil if there is no such time.
    ///   - longest: how long the request may wait at most.
    package func wait(
        _ demand: LimitDemand, deadline: MonotonicTime?, longest: Duration, isolation: isolated (any Actor)? = #isolation
    ) async -> LimitOutcome {
        let target = target(of: demand)
        let waiting = Waiting(
            demand, deadline: deadline.map { Double($0.nanoseconds) / 1_000 } ?? .infinity, longest: longest.microseconds)
        let cancellation = Cancellation(limiter: self, target: target, waiting: waiting)
        statistics.waited += 1
        await withTaskCancellationHandler {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            await withUnsafeContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                let closed = closedFor(waiting, target, now)
                guard closed <= waiting.longest else {
                    waiting.outcome = .tooLong(milliseconds: closed / 1_000)
                    return continuation.resume()
                }
                waiting.continuation = continuation
                enqueue(waiting, target)
                pump(target)
            }
        } onCancel: {
            cancellation.run()
        }
        return waiting.outcome
    }

    private func enqueue(_ waiting: Waiting, _ target: Target) {
        let tenant = waiting.demand.tenant
        let need = waiting.demand.need
        waiting.ticket = target.queue.add(
            waiting, tenant: tenant, weight: Double(plan.tenant(tenant).weight), priority: waiting.demand.priority,
            cost: 1 + need.input + need.output)
        target.backlog[tenant, default: 0] += 1
        target.nearestDeadline = min(target.nearestDeadline, waiting.deadline)
    }

    /// Ends the wait of a request that has left the queue.
    func resume(_ waiting: Waiting, _ target: Target, _ outcome: LimitOutcome) {
        let tenant = waiting.demand.tenant
        if let count = target.backlog[tenant] { target.backlog[tenant] = count > 1 ? count - 1 : nil }
        waiting.outcome = outcome
        waiting.continuation?.resume()
        waiting.continuation = nil
    }

    fileprivate func giveUp(_ waiting: Waiting, _ target: Target) {
        guard let ticket = waiting.ticket, target.queue.remove(ticket) != nil else { return }
        resume(waiting, target, .cancelled)
        pump(target)
    }

    /// Lets a call through on a route, if what it needs is there now.
    func permit(on route: Route, _ need: Need) -> Permit? {
        let time = now
        if mode != .shared, plan.withoutRedis == .open {
            statistics.granted += 1
            return Permit(key: route.key, route: route, reserved: .nothing, taken: 0)
        }
        guard route.gates.allSatisfy(isOpen) else { return nil }
        var taken = 0.0
        if !route.kinds.isEmpty {
            guard let time = route.allowance.take(need, of: route.kinds, now: time) else { return nil }
            taken = time
        }
        for gate in route.gates { slots[gate.scope, default: Slots(limit: gate.limit)].used += 1 }
        if takesInAdvance { route.noteUse(need, now: time, advance: advance) }
        statistics.granted += 1
        return Permit(key: route.key, route: route, reserved: need, taken: taken)
    }

    // MARK: After the call

    /// Puts right what a call has really used.
    package func settle(_ permit: Permit, input: Int, output: Int) {
        finish(permit, used: Need(input: Double(input), output: Double(output)))
    }

    /// Notes the end of a call of which it is not known what it has used: what it was expected to use counts.
    package func settle(_ permit: Permit) {
        finish(permit, used: permit.reserved)
    }

    /// Gives everything back: there was no call, or nothing of it counts.
    package func cancel(_ permit: Permit) {
        finish(permit, used: .nothing)
    }

    private func finish(_ permit: Permit, used: Need) {
        if permit.reserved != .nothing, permit.reserved != used {
            permit.route.leftover.add(reserved: permit.reserved, used: used, taken: permit.taken)
            settleLater(permit.route)
        }
        leave(permit)
    }

    // MARK: Targets and routes

    private func target(of demand: LimitDemand) -> Target {
        let model = LimitPlan.Model(provider: demand.provider, name: demand.model)
        if let known = targets[model] { return known }
        if targets.count >= Self.mostTargets { targets = targets.filter { !$0.value.queue.isEmpty } }
        let target = Target(model)
        target.timer = loop.makeTimer { [unowned self, unowned target] in pump(target) }
        targets[model] = target
        return target
    }

    /// The ways that a call may go, the best key first.
    func routes(_ demand: LimitDemand, _ target: Target) -> [Route] {
        let tenant = plan.tenant(demand.tenant).rates.isLimited ? demand.tenant : ""
        return demand.keys().map { key in
            if let known = target.routes[tenant]?[key] { return known }
            let route = makeRoute(key, target.model, demand.tenant)
            if target.routes.count >= Self.mostTargets { target.forgetIdleRoutes() }
            target.routes[tenant, default: [:]][key] = route
            return route
        }
    }

    private func makeRoute(_ key: Int, _ model: LimitPlan.Model, _ tenant: String) -> Route {
        // Lengths keep names apart that contain the separator.
        let provider = "\(model.provider.utf8.count):\(model.provider):\(key)"
        var scopes: [(name: String, rates: LimitRates, isTenants: Bool)] = []
        if let rates = plan.providers[model.provider], rates.isLimited { scopes.append(("\(keyPrefix)key:\(provider)", rates, false)) }
        if let rates = plan.models[model], rates.isLimited { scopes.append(("\(keyPrefix)model:\(provider):\(model.name)", rates, false)) }
        let rates = plan.tenant(tenant).rates
        if rates.isLimited { scopes.append(("\(keyPrefix)tenant:\(tenant)", rates, true)) }
        return Route(key: key, scopes: scopes, advance: advance)
    }
}

/// Lets the handler of a cancellation reach the limiter. Unchecked because the handler touches it on the loop only.
private struct Cancellation: @unchecked Sendable {
    let limiter: RateLimiter
    let target: RateLimiter.Target
    let waiting: RateLimiter.Waiting

    func run() {
        limiter.loop.execute { limiter.giveUp(waiting, target) }
    }
}

extension Duration {
    fileprivate var microseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
