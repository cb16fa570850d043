import EventLoop
import Limits
import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct RateLimiterTests {
    private func plan(_ rates: LimitRates, lease: Duration = .milliseconds(500)) -> LimitPlan {
        var plan = LimitPlan(group: "g")
        plan.providers["p"] = rates
        plan.lease = lease
        return plan
    }

    /// Has all loops make calls as fast as they may, and tells how many they made, of how many they might have made.
    private func saturate(_ users: [LimiterUser], perMinute: Double, for duration: Duration, tokens: Int = 0, used: Int = 0) async -> Double
    {
        let began = MonotonicTime.now
        await withTaskGroup(of: Void.self) { group in
            for user in users { group.addTask { await user.saturate(at: 40, tokens: tokens, used: used) } }
            try? await Task.sleep(for: duration)
            group.cancelAll()
        }
        let minutes = MonotonicTime.now.milliseconds(since: began) / 60_000
        var calls = 0
        for user in users { calls += await user.granted.values.reduce(0, +) }
        return Double(calls) / (perMinute * minutes)
    }

    private func sum(_ users: [LimiterUser]) async -> LimiterStatistics {
        var sum = LimiterStatistics()
        for user in users { sum = sum + (await user.statistics) }
        return sum
    }

    @Test(arguments: [true, false]) func manyLoopsUseWhatThereIsAndNoMore(leases: Bool) async throws {
        let server = try await RedisServer()
        let rates = LimitRates(requestsPerMinute: 6_000, burstSeconds: 1)
        try await LimiterUser.with(4, port: server.port, plan(rates, lease: leases ? .milliseconds(500) : .zero)) { users in
            let share = await saturate(users, perMinute: 6_000, for: .milliseconds(1_500))
            // The burst is a second's worth.
            #expect(share <= 1.7, "\(share)")
            #expect(share >= 0.4, "\(share)")
            let total = await sum(users)
            if leases { #expect(Double(total.asks + total.reports) <= 0.3 * Double(total.granted), "\(total)") }
        }
    }

    @Test func whatWasReservedAndNotUsedIsThereAgain() async throws {
        let server = try await RedisServer()
        let rates = LimitRates(tokensPerMinute: 60_000, burstSeconds: 1)
        try await LimiterUser.with(2, port: server.port, plan(rates)) { users in
            // Calls reserve ten times of what they use.
            let share = await saturate(users, perMinute: 6_000, for: .milliseconds(1_500), tokens: 100, used: 10)
            #expect(share <= 1.7, "\(share)")
            // If nothing came back, it would be an eighth.
            #expect(share >= 0.25, "\(share)")
        }
    }

    @Test func tenantsShareWhatIsScarceByTheirWeight() async throws {
        let server = try await RedisServer()
        var plan = plan(LimitRates(requestsPerMinute: 1_500, burstSeconds: 1))
        plan.tenants["big"] = LimitPlan.Tenant(weight: 3, rates: LimitRates())
        let shared = plan
        try await LimiterUser.with(1, port: server.port, shared) { users in
            // All wait before the first of them goes; one has ten times the load of the others.
            await users[0].refused(try #require(await users[0].enter()), milliseconds: 1_000)
            await withTaskGroup(of: Void.self) { group in
                for (tenant, count) in [("greedy", 400), ("big", 40), ("modest", 40)] {
                    for _ in 0..<count { group.addTask { _ = await users[0].enter(tenant) } }
                }
                try? await Condition.wait(for: "fifty calls") { await users[0].order.count >= 50 }
                group.cancelAll()
            }
            let order = await users[0].order.prefix(46).dropFirst()
            let counts = Dictionary(grouping: order, by: { $0 }).mapValues(\.count)
            // Of 45 turns: 9, 27 and 9, but for a turn.
            #expect((6...12).contains(counts["greedy"] ?? 0), "\(counts)")
            #expect((24...30).contains(counts["big"] ?? 0), "\(counts)")
        }
    }

    @Test func aTenantsOwnLimitHoldsUpNobodyElse() async throws {
        let server = try await RedisServer()
        var plan = plan(LimitRates(requestsPerMinute: 60_000))
        plan.tenants["slow"] = LimitPlan.Tenant(weight: 1, rates: LimitRates(requestsPerMinute: 1))
        let shared = plan
        try await LimiterUser.with(1, port: server.port, shared) { users in
            _ = await users[0].enter("slow")
            let waiting = Task { await users[0].enter("slow") }
            for _ in 0..<50 { #expect(await users[0].enter("other") != nil) }
            waiting.cancel()
            #expect(await waiting.value == nil)
        }
    }

    @Test func whoCannotWaitSoLongIsSentAway() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(requestsPerMinute: 2))) { users in
            #expect(await users[0].enter() != nil)
            #expect(await users[0].refusal(longest: .seconds(5)) == "too long")
            #expect(await users[0].refusal(deadline: .milliseconds(100)) == "late")
        }
    }

    @Test func theTokensOfADayAreNotExceeded() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(2, port: server.port, plan(LimitRates(tokensPerDay: 1_000), lease: .zero)) { users in
            var count = 0
            for index in 0..<12 where await users[index % 2].enter(tokens: 100, longest: .seconds(1)) != nil { count += 1 }
            #expect(count == 10)
        }
    }

    @Test func anotherKeyIsUsedWhenOneHasNothingLeft() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(requestsPerMinute: 1))) { users in
            let first = await users[0].enter(keys: [0, 1])
            let second = await users[0].enter(keys: [0, 1])
            #expect(first?.key == 0 && second?.key == 1)
        }
    }

    @Test func aRefusalOfTheProviderIsEverybodys() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(2, port: server.port, plan(LimitRates(requestsPerMinute: 6_000))) { users in
            let held = try #require(await users[0].enter())
            await users[0].refused(held, milliseconds: 30_000)
            try await Condition.wait(for: "the other to hear of it") { await users[1].refusal(longest: .seconds(5)) == "too long" }
            #expect(await users[0].refusal(longest: .seconds(5)) == "too long")
        }
    }

    @Test func noMoreCallsAreMadeAtOnceThanMayBe() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(3, port: server.port, plan(LimitRates(concurrency: 4))) { users in
            var held: [(LimiterUser, LimiterUser.Held)] = []
            for index in 0..<4 {
                let user = users[index % 3]
                held.append((user, try #require(await user.enter())))
            }
            let waiting = Task { await users[1].enter() }
            #expect(await users[2].refusal(deadline: .milliseconds(300)) == "late")
            let (user, first) = held.removeFirst()
            await user.settle(first, tokens: 0)
            #expect(await waiting.value != nil)
        }
    }

    @Test func whoWaitsLongestIsToldThatASlotIsFree() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(3, port: server.port, plan(LimitRates(concurrency: 1))) { users in
            let held = try #require(await users[0].enter())
            let waiting = Task { await users[2].enter() }
            let scope = "sy:{limits:g}:key:1:p:0"
            try await Condition.wait(for: "the second to wait") {
                try await users[0].execute("ZCARD", .string("\(scope):waiting")) == .integer(1)
            }
            await users[0].settle(held, tokens: 0)
            try await Condition.wait(for: "the word") { await users[0].told == ["loop-2"] }
            await users[2].noteSlotFree(scope)
            #expect(await waiting.value != nil)
            #expect(await users[1].told.isEmpty)
        }
    }

    @Test func aBusyLoopDoesNotKeepAllTheSlots() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(2, port: server.port, plan(LimitRates(concurrency: 2))) { users in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await users[0].saturate(at: 10) }
                try? await Condition.wait(for: "the first loop") { await users[0].granted.isEmpty == false }
                #expect(await users[1].enter() != nil)
                group.cancelAll()
            }
        }
    }

    @Test func oneSlotGoesRoundAmongMoreLoops() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(3, port: server.port, plan(LimitRates(concurrency: 1))) { users in
            await withTaskGroup(of: Void.self) { group in
                for user in users { group.addTask { await user.saturate(at: 5) } }
                for user in users { try? await Condition.wait(for: "a turn of each") { await user.granted[""] ?? 0 > 2 } }
                group.cancelAll()
            }
            for user in users { #expect(await user.granted[""] ?? 0 > 2) }
        }
    }

    @Test func slotsThatNobodyUsesAnyMoreGoBack() async throws {
        let server = try await RedisServer()
        var plan = plan(LimitRates(concurrency: 3))
        plan.providers["other"] = LimitRates(requestsPerMinute: 1)
        let shared = plan
        try await LimiterUser.with(2, port: server.port, shared) { users in
            var held: [LimiterUser.Held] = []
            for _ in 0..<3 { held.append(try #require(await users[0].enter())) }
            // Calls that give up while they wait for a slot leave none behind.
            for _ in 0..<5 { #expect(await users[0].refusal(deadline: .milliseconds(5)) == "late") }
            for call in held { await users[0].settle(call, tokens: 0) }
            for _ in 0..<3 { #expect(await users[1].enter() != nil) }
        }
    }

    @Test func manyTenantsWithLimitsOfTheirOwnWaitSideBySide() async throws {
        let server = try await RedisServer()
        var plan = plan(LimitRates())
        plan.otherTenants = LimitPlan.Tenant(weight: 1, rates: LimitRates(requestsPerMinute: 1, burstSeconds: 0))
        let shared = plan
        try await LimiterUser.with(1, port: server.port, shared) { users in
            await withTaskGroup(of: Void.self) { group in
                // Each tenant's first call goes, and its second waits.
                for number in 0..<1_100 {
                    for _ in 0..<2 { group.addTask { _ = await users[0].enter("tenant-\(number)") } }
                }
                try? await Condition.wait(for: "the first calls") { await users[0].granted.count == 1_100 }
                group.cancelAll()
            }
            #expect(await users[0].granted.count == 1_100)
        }
    }

    @Test func aRedisThatTakesNothingMoreIsAsGoodAsNone() async throws {
        let server = try await RedisServer(["--maxmemory-policy", "noeviction"])
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(requestsPerMinute: 6_000), lease: .zero)) { users in
            #expect(await users[0].enter() != nil)
            try await users[0].execute("CONFIG", "SET", "maxmemory", "1")
            for _ in 0..<5 { #expect(await users[0].enter() != nil) }
            #expect(await users[0].modes.count == 1)
            try await users[0].execute("CONFIG", "SET", "maxmemory", "0")
            try await Condition.wait(for: "the limits to be shared again") { await users[0].modes.last == .shared }
            #expect(await users[0].modes.count == 2)
            #expect(await users[0].enter() != nil)
        }
    }

    @Test func aCancelledRequestLeavesNothingBehind() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(requestsPerMinute: 60, burstSeconds: 0))) { users in
            #expect(await users[0].enter() != nil)
            let cancelled = Task { await users[0].enter("a") }
            let next = Task { await users[0].enter("b") }
            cancelled.cancel()
            #expect(await cancelled.value == nil)
            #expect(await next.value != nil)
        }
    }

    @Test func callsAtOnceAreLimitedWithoutRedisAndWhenItTakesNothingMore() async throws {
        try await LimiterUser.with(2, port: nil, plan(LimitRates(concurrency: 4))) { users in
            let held = [try #require(await users[0].enter()), try #require(await users[0].enter())]
            #expect(await users[0].refusal(deadline: .milliseconds(50)) == "late")
            await users[0].settle(held[0], tokens: 0)
            #expect(await users[0].enter() != nil)
        }
        let server = try await RedisServer(["--maxmemory-policy", "noeviction"])
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(concurrency: 2))) { users in
            try await users[0].execute("CONFIG", "SET", "maxmemory", "1")
            let held = [try #require(await users[0].enter()), try #require(await users[0].enter())]
            #expect(await users[0].modes.count == 1)
            #expect(await users[0].refusal(deadline: .milliseconds(50)) == "late")
            try await users[0].execute("CONFIG", "SET", "maxmemory", "0")
            try await Condition.wait(for: "the limits to be shared again") { await users[0].modes.last == .shared }
            // Those in use are counted from now on.
            #expect(await users[0].refusal(deadline: .milliseconds(50)) == "late")
            await users[0].settle(held[0], tokens: 0)
            #expect(await users[0].enter() != nil)
        }
    }

    @Test func aCallThatNeedsMoreThanTheBurstDoesNotStarve() async throws {
        let server = try await RedisServer()
        // The burst is half a second's worth in Redis: 500 tokens. Small calls of another loop want all there is.
        let rates = LimitRates(tokensPerMinute: 60_000, burstSeconds: 1)
        try await LimiterUser.with(2, port: server.port, plan(rates)) { users in
            let small = Task { await users[0].saturate(at: 40, tokens: 50, used: 50) }
            try await Condition.wait(for: "the small ones") { await users[0].granted[""] ?? 0 > 20 }
            #expect(await users[1].enter(tokens: 1_500, longest: .seconds(20)) != nil)
            small.cancel()
            await small.value
        }
    }

    @Test func aCallThatDoesNotFitIntoTheDayHoldsUpNobody() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(1, port: server.port, plan(LimitRates(tokensPerDay: 1_000), lease: .zero)) { users in
            #expect(await users[0].enter(tokens: 900) != nil)
            #expect(await users[0].enter(tokens: 200, longest: .seconds(1)) == nil)
            #expect(await users[0].enter(tokens: 100, longest: .seconds(1)) != nil)
            #expect(await users[0].enter(tokens: 1, longest: .seconds(1)) == nil)
        }
    }

    // MARK: Without Redis

    @Test func aLoopWithoutRedisKeepsToItsShare() async throws {
        try await LimiterUser.with(4, port: nil, plan(LimitRates(requestsPerMinute: 6_000, burstSeconds: 1))) { users in
            let share = await saturate(users, perMinute: 6_000, for: .milliseconds(1_500))
            #expect(share <= 1.7 && share >= 0.4, "\(share)")
        }
    }

    @Test func whenRedisGoesEachKeepsToItsShareAndWhenItIsBackNothingIsSavedUp() async throws {
        let server = try await RedisServer()
        try await LimiterUser.with(2, port: server.port, plan(LimitRates(requestsPerMinute: 6_000, burstSeconds: 1))) { users in
            for user in users { #expect(await user.enter() != nil) }
            server.kill()
            let share = await saturate(users, perMinute: 6_000, for: .milliseconds(1_500))
            #expect(share <= 1.7 && share >= 0.3, "\(share)")
            for user in users {
                let modes = await user.modes
                #expect(modes.count == 1 && modes.first != .shared)
            }
            try await server.restart()
            for user in users { try await Condition.wait(for: "Redis") { await user.modes.last == .shared } }
            #expect(await users[0].enter() != nil)
        }
    }

    @Test(arguments: [LimitPlan.WithoutRedis.closed, .open]) func withoutRedisRequestsMayWaitOrGo(_ way: LimitPlan.WithoutRedis)
        async throws
    {
        let server = try await RedisServer()
        var plan = plan(LimitRates(requestsPerMinute: 60))
        plan.withoutRedis = way
        let shared = plan
        try await LimiterUser.with(1, port: server.port, shared) { users in
            #expect(await users[0].enter() != nil)
            server.kill()
            try await Condition.wait(for: "the switch") {
                _ = await users[0].refusal(deadline: .milliseconds(10))
                return await !users[0].modes.isEmpty
            }
            if way == .open {
                for _ in 0..<100 { #expect(await users[0].enter() != nil) }
            } else {
                let waiting = Task { await users[0].enter() }
                #expect(await users[0].refusal(deadline: .milliseconds(50)) == "late")
                try await server.restart()
                #expect(await waiting.value != nil)
            }
        }
    }
}
