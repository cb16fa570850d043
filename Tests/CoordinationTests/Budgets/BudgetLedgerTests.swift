import Envelope
import Redis
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct BudgetLedgerTests {
    private func settle(_ holders: [BudgetHolder]) async throws {
        try await Condition.wait(for: "all reports") {
            for holder in holders where await !holder.isReported { return false }
            return true
        }
    }

    private func total(_ holder: BudgetHolder, _ tenant: String, _ period: BudgetPeriod) async throws -> BudgetAmount? {
        try await holder.look([BudgetSpan(period, at: holder.now)], as: "nobody", tenant: tenant)?.first?.total
    }

    @Test func loopsThatChargeTogetherHaveExactSumsAndTellOnce() async throws {
        let server = try await RedisServer()
        let budget = TenantBudget(usdPerDay: 0.5, tokensPerDay: 10_000, tokensPerMonth: 1_000_000)
        try await BudgetHolder.with(port: server.port, count: 4, budget: budget) { holders in
            await withTaskGroup { group in
                for holder in holders {
                    group.addTask {
                        for number in 0..<1_000 { await holder.charge(number % 2 == 0 ? "a" : "b", usd: 0.001_000_001, tokens: 7) }
                    }
                }
            }
            try await settle(holders)
            var crossings: [BudgetCrossing] = []
            for holder in holders { crossings += await holder.crossings }
            for tenant in ["a", "b"] {
                let exact = BudgetAmount(nanoUSD: 2_000 * 1_000_001, tokens: 14_000)
                #expect(try await total(holders[0], tenant, .day) == exact)
                #expect(try await total(holders[0], tenant, .month) == exact)
                let told = crossings.filter { $0.tenant == tenant }.map { "\($0.period) \($0.unit) \($0.isHard)" }
                #expect(told.sorted() == ["day tokens false", "day tokens true", "day usd false", "day usd true"])
            }
            #expect(crossings.allSatisfy { $0.used >= $0.limit * 0.8 && (!$0.isHard || $0.used >= $0.limit) })
            for holder in holders { #expect(await holder.check("a") != nil) }
        }
    }

    @Test func theHardStopIsExactToTheLastFinishedCall() async throws {
        let server = try await RedisServer()
        try await BudgetHolder.with(port: server.port, count: 2, budget: TenantBudget(tokensPerMonth: 100)) { holders in
            for number in 1...10 {
                for holder in holders { #expect(await holder.check() == nil, "call \(number)") }
                await holders[number % 2].charge(usd: 1, tokens: 10)
                try await settle(holders)
            }
            for holder in holders {
                #expect(
                    await holder.check()
                        == BudgetExcess(period: .month, unit: .tokens, limit: 100, used: 100, until: BudgetSpan(.month, at: holder.now).end)
                )
            }
            // Other tenants have budgets of their own, or none.
            #expect(await holders[0].check("other") == nil)
            #expect(await holders[0].isBudgeted("other"))
            #expect(await holders[0].isBudgeted("free") == false)
            // One's own calls count at once.
            await holders[0].charge("other", usd: 0, tokens: 100)
            #expect(await holders[0].check("other")?.used == 100)
        }
    }

    @Test func whatWasUsedWhileRedisWasAwayIsCountedOnce() async throws {
        let server = try await RedisServer()
        let budget = TenantBudget(tokensPerDay: 1_000)
        try await BudgetHolder.with(port: server.port, count: 4, budget: budget) { holders in
            func charge() async {
                await withTaskGroup { group in
                    for holder in holders {
                        group.addTask { for _ in 0..<50 { await holder.charge(usd: 0.25, tokens: 1) } }
                    }
                }
            }
            await charge()
            try await settle(holders)
            // One worker is gone by then, whose part the others know.
            await holders[3].stop()
            for holder in holders[..<3] { await holder.charge(usd: 0, tokens: 100) }
            try await settle(holders)
            #expect(await holders[0].check() == nil)
            async let charged: Void = charge()
            server.kill()
            await charged
            // The last known totals, and what it has used itself, which is all that it can know.
            #expect(await holders[0].check() == nil)
            await holders[0].charge(usd: 0, tokens: 500)
            #expect(await holders[0].check() != nil)
            try await server.restart()
            try await Condition.wait(for: "the sum") { (try? await total(holders[0], "", .day))?.tokens == 200 + 300 + 150 + 500 }
            try await settle(holders)
            #expect(try await total(holders[0], "", .day)?.tokens == 1_150)
            #expect(await holders[1].check()?.used == 1_150)
            var crossings: [BudgetCrossing] = []
            for holder in holders { crossings += await holder.crossings }
            #expect(crossings.filter(\.isHard).count == 1)
            #expect(crossings.filter { !$0.isHard }.count == 1)
        }
    }

    @Test func aNewDayBeginsWithNothingAndTheMonthGoesOn() async throws {
        let server = try await RedisServer()
        let budget = TenantBudget(tokensPerDay: 10, tokensPerMonth: 15, softPercent: 100)
        try await BudgetHolder.with(port: server.port, count: 2, budget: budget) { holders in
            await holders[0].charge(usd: 0, tokens: 10)
            try await settle(holders)
            #expect(await holders[1].check()?.period == .day)
            for holder in holders { await holder.advance(to: BudgetSpan(.day, at: holder.now).end) }
            for holder in holders { #expect(await holder.check() == nil) }
            await holders[1].charge(usd: 0, tokens: 5)
            try await settle(holders)
            #expect(await holders[0].check()?.period == .month)
            for holder in holders { await holder.advance(to: BudgetSpan(.month, at: holder.now).end) }
            for holder in holders { #expect(await holder.check() == nil) }
            let keys = try await holders[0].execute("KEYS", "*")?.array?.compactMap(\.string) ?? []
            #expect(keys.count == 3)
            for key in keys { #expect(key.hasPrefix("sy:{budget:1:g:}:")) }
        }
    }

    @Test func withoutRedisALoopCountsForItself() async throws {
        try await BudgetHolder.with(port: nil, budget: TenantBudget(usdPerDay: 1)) { holders in
            await holders[0].charge(usd: 0.85, tokens: 1)
            #expect(await holders[0].check() == nil)
            await holders[0].charge(usd: 0.15, tokens: 1)
            #expect(await holders[0].check()?.used == 1)
            #expect(await holders[0].crossings.map(\.isHard) == [false, true])
        }
    }
}
