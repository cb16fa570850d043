internal import EventLoop
internal import Logging
internal import Redis

/// What is asked of Redis, and what is done without it.
extension RateLimiter {
    /// Asks for what a call needs, and for what those behind it need.
    func ask(_ route: Route, for waiting: Waiting, _ target: Target) {
        // What is not used any more may be just what is missing.
        settle(route)
        let need = (waiting.need - route.allowance.total).positive
        var extra = Need.nothing
        var isWaitedFor = false
        if takesInAdvance {
            let count = route.tenantPart == nil ? target.queue.count : target.backlog[waiting.demand.tenant] ?? 0
            isWaitedFor = count > 1
            extra = isWaitedFor ? waiting.demand.need * Double(count - 1) : route.recent
        }
        let ask = LimitAsk(parts: route.parts, need: need, extra: extra, isWaitedFor: isWaitedFor, advance: advance, loops: loops)
        guard let redis = sharedRedis else { return askAlone(ask, route, waiting, target) }
        route.isAsking = true
        statistics.asks += 1
        let asked = now
        redis.evaluate(LimitScripts.take, keys: ask.parts.map { .string($0.scope) }, arguments: LimitScripts.arguments(of: ask)) {
            [self] result in
            route.isAsking = false
            switch result.map({ LimitGrant($0) }) {
            case .success(let grant?): take(grant, of: ask, route, waiting, target, asked: asked)
            case .success(nil): goAlone(RedisError(.protocolViolation, "the limits' script answered something else"))
            case .failure(let error): goAlone(error)
            }
            pump(target)
        }
    }

    private func take(_ grant: LimitGrant, of ask: LimitAsk, _ route: Route, _ waiting: Waiting, _ target: Target, asked: Double) {
        let time = now
        switch grant {
        case .granted(let first, let last, let extra, let taken):
            route.allowance.add(
                ask.need, extra: extra, first: first, last: max(first, last), asked: asked, taken: taken, now: time, advance: advance)
            settleLater(route)
        case .comeAgain(let after, _, isForAll: false) where after > waiting.longest:
            // Others may need less.
            guard let ticket = waiting.ticket, target.queue.remove(ticket) != nil else { return }
            resume(waiting, target, .tooLong(milliseconds: after / 1_000))
        case .comeAgain(let after, let part, _):
            // One tenant's limit says nothing of other tenants' routes.
            if part == route.tenantPart || route.tenantPart == nil {
                route.comeAt = time + after
            } else {
                for routes in target.routes.values { routes[route.key].map { $0.comeAt = max($0.comeAt, time + after) } }
            }
            sendAway(target, time)
        }
    }

    // MARK: Without Redis

    private func askAlone(_ ask: LimitAsk, _ route: Route, _ waiting: Waiting, _ target: Target) {
        var ask = ask
        ask.loops = 1
        ask.parts = zip(route.parts, route.ratesOfParts).map { LimitAsk.Part(scope: $0.scope, buckets: shares(of: $1)) }
        take(store.take(ask, now: wallClock), of: ask, route, waiting, target, asked: now)
    }

    /// One loop's share of the buckets of a scope.
    private func shares(of rates: LimitRates) -> [BucketSpec] {
        BucketSpec.buckets(of: rates, advance: advance, share: 1 / Double(loops))
    }

    /// In microseconds: a bucket of days needs it.
    private var wallClock: Double { Double(WallClock.milliseconds) * 1_000 }

    func goAlone(_ error: RedisError) {
        guard mode == .shared, error.code != .closed, error.code != .cancelled else { return }
        mode = .alone(reason: error.message)
        store = BucketStore()
        logger.warning("\(error); until it answers, limits are kept to as limits.fail says")
        onSwitch(mode)
        probeTimer?.arm(after: Self.probeInterval)
        for target in targets.values { pump(target) }
    }

    private static let probeInterval = Duration.seconds(1)

    /// To be called when the connection to Redis has come or gone.
    package func noteConnection() {
        guard let redis else { return }
        if case .unavailable(let error) = redis.state { return goAlone(error) }
        if mode != .shared { probe() }
    }

    /// Looks whether Redis does again what limits need: it may be there and take nothing, as when it is full.
    func probe() {
        guard let redis, mode != .shared, !isProbing else { return }
        guard redis.isAvailable else {
            probeTimer?.arm(after: Self.probeInterval)
            return
        }
        isProbing = true
        let bucket = BucketSpec(kind: .requests, limit: 1, burst: 1)
        redis.evaluate(
            LimitScripts.settle, keys: [.string("\(keyPrefix)probe")], arguments: LimitScripts.arguments(of: Settlement(), [bucket])
        ) { [self] result in
            isProbing = false
            if case .success = result { recover() } else { probeTimer?.arm(after: Self.probeInterval) }
        }
    }

    private func recover() {
        guard mode != .shared else { return }
        mode = .shared
        logger.notice("Redis is back; limits hold for the whole fleet again")
        // What was let through meanwhile has used up what would have been saved up.
        for route in targets.values.flatMap({ $0.routes.values.flatMap(\.values) }) {
            for part in route.parts where store.scopes[part.scope] != nil {
                for bucket in part.buckets where bucket.kind != .day { lower(part.scope, bucket, to: 0, after: 0) }
                let used = store.scopes[part.scope]?.dayCount ?? 0
                let days = part.buckets.filter { $0.kind == .day }
                if !days.isEmpty { report(part.scope, days, Settlement(more: Need(requests: 0, input: used, output: 0))) }
            }
            for part in route.parts { store.scopes[part.scope] = nil }
        }
        store = BucketStore()
        renewSlots()
        onSwitch(mode)
        for target in targets.values { pump(target) }
    }

    // MARK: What is put right

    func settleLater(_ route: Route) {
        if unsettled.isEmpty { settleTimer?.arm(after: .milliseconds(Self.settleMilliseconds)) }
        unsettled[ObjectIdentifier(route)] = route
    }

    private static let settleMilliseconds = 100

    /// Gives back what was taken in advance and is too old, and tells what calls have used beyond what was taken for them, or less.
    func settleAll() {
        let routes = unsettled.values
        unsettled = [:]
        for route in routes {
            settle(route)
            if !route.allowance.isEmpty { settleLater(route) }
        }
    }

    private func settle(_ route: Route) {
        route.leftover.add(route.allowance.expired(now: now))
        guard !route.leftover.isEmpty else { return }
        let settlement = route.leftover.settlement
        route.leftover = Leftover()
        for (part, rates) in zip(route.parts, route.ratesOfParts) {
            if sharedRedis != nil {
                report(part.scope, part.buckets, settlement)
            } else {
                store.settle(part.scope, shares(of: rates), settlement, now: wallClock)
            }
        }
    }

    private func report(_ scope: String, _ buckets: [BucketSpec], _ settlement: Settlement) {
        guard let redis else { return }
        statistics.reports += 1
        redis.evaluate(LimitScripts.settle, keys: [.string(scope)], arguments: LimitScripts.arguments(of: settlement, buckets)) { _ in }
    }

    private func lower(_ scope: String, _ bucket: BucketSpec, to units: Double, after microseconds: Double) {
        guard let redis else { return }
        statistics.reports += 1
        redis.evaluate(
            LimitScripts.lower, keys: [.string(scope)], arguments: LimitScripts.arguments(of: bucket, units, after: microseconds)
        ) { _ in }
    }

    // MARK: What providers say

    /// Takes in what a provider says is left of its limits, where that is less than what we think.
    package func providerSays(_ permit: Permit, _ readings: [ProviderReading]) {
        for part in permit.route.parts where part.scope != permit.route.tenantScope {
            for reading in readings {
                // As long as more is left than could be taken at once, it makes no difference.
                guard let bucket = part.buckets.first(where: { $0.kind == reading.kind }),
                    Double(reading.remaining) < bucket.burst / bucket.interval
                else { continue }
                if sharedRedis != nil { lower(part.scope, bucket, to: Double(reading.remaining), after: 0) }
            }
        }
    }

    /// Takes in that a provider has refused a call for its rate, and for how long it wants no other.
    package func providerRefused(_ permit: Permit, milliseconds: Double) {
        let route = permit.route
        let wait = min(milliseconds, Self.longestRefusal) * 1_000
        guard wait > 0 else { return }
        for part in route.parts where part.scope != route.tenantScope {
            for bucket in part.buckets where bucket.kind != .day { lower(part.scope, bucket, to: 0, after: wait) }
        }
        route.leftover.add(route.allowance.removeAll())
        route.comeAt = max(route.comeAt, now + wait)
        settleLater(route)
    }

    /// Milliseconds: longer rests are the key ring's.
    private static let longestRefusal = 60_000.0

    /// Gives everything back that was taken in advance.
    package func stop() {
        for target in targets.values {
            for route in target.routes.values.flatMap(\.values) {
                route.leftover.add(route.allowance.removeAll())
                settle(route)
            }
            for waiting in target.queue.removeAll(where: { _, _ in true }) { resume(waiting, target, .cancelled) }
        }
        dropSlots()
        settleTimer = nil
        slotTimer = nil
        probeTimer = nil
        targets = [:]
    }
}

extension Route {
    var tenantScope: String? { tenantPart.map { parts[$0].scope } }
}

extension ProviderReading {
    var kind: BucketSpec.Kind {
        switch unit {
        case .requests: .requests
        case .tokens: .tokens
        case .inputTokens: .input
        case .outputTokens: .output
        }
    }
}
