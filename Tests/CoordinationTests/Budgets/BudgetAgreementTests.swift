import Envelope
import Redis
import TestSupport
import Testing

@testable import Coordination

/// The scripts in Redis do what `BudgetTally` says, and accounts come to exact sums with it.
@Suite(.timeLimit(.minutes(1))) struct BudgetAgreementTests {
    private static let budget = TenantBudget(usdPerDay: 0.000_01, usdPerMonth: 0.000_1, tokensPerDay: 10_000, tokensPerMonth: 40_000)

    private static func randomAmount(using random: inout SeededGenerator) -> BudgetAmount {
        // Above what Lua prints exactly by itself.
        let scale = Int.random(in: 0..<50, using: &random) == 0 ? 1 << 36 : 1
        return BudgetAmount(
            nanoUSD: Int.random(in: 0...2_000, using: &random) * scale, tokens: Int.random(in: 0...2_000, using: &random))
    }

    @Test func redisDoesWhatTheTallySays() async throws {
        let server = try await RedisServer()
        // Far from now, so that nothing expires.
        let time: Int64 = 4_000_000_000_000
        let spans = [BudgetSpan(.day, at: time), BudgetSpan(.month, at: time)]
        try await BudgetHolder.with(port: server.port, budget: Self.budget) { holders in
            var random = SeededGenerator.forTest("budgets in Redis")
            var tallies = [BudgetTally(), BudgetTally()]
            for number in 0..<1_000 {
                let holder = "h\(Int.random(in: 0..<3, using: &random))"
                let chosen = [[0], [1], [0, 1]][Int.random(in: 0..<3, using: &random)]
                let retires = Int.random(in: 0..<10, using: &random) == 0
                let reports = chosen.map { index in
                    let lines = Self.budget.lines(spans[index].period)
                    let report = BudgetTally.Report(
                        used: Self.randomAmount(using: &random),
                        retired: Bool.random(using: &random) ? tallies[index].retired : Self.randomAmount(using: &random), lines: lines,
                        claimed: Set(lines.filter { _ in Int.random(in: 0..<20, using: &random) == 0 }))
                    return (span: spans[index], report: report)
                }
                let answers = try await holders[0].report(reports, by: holder, retires: retires)
                let expected = zip(chosen, reports).map { tallies[$0].report($1.report, by: holder, retires: retires) }
                try #require(answers == expected, "step \(number)")
                let looks = try await holders[0].look(spans, as: holder)
                let expectedLooks = tallies.map {
                    BudgetStore.Look(total: $0.total, own: $0.holders[holder] ?? BudgetAmount())
                }
                try #require(looks == expectedLooks, "step \(number)")
                if Int.random(in: 0..<40, using: &random) == 0 {
                    tallies = [BudgetTally(), BudgetTally()]
                    _ = try await holders[0].execute("FLUSHALL")
                }
            }
            let remaining = try await holders[0].execute("EXPIRETIME", .string("sy:{budget:1:g:t}:day:\(spans[0].name)"))?.integer
            #expect(remaining == nil || remaining == -2 || remaining == Int(spans[0].end / 1_000) + 2 * 86_400)
        }
    }

    /// Any order of charges, reports whose answers are lost, repeated reports, looks and a Redis that forgets.
    @Test func accountsComeToExactSums() {
        var random = SeededGenerator.forTest("budget accounts")
        let now: Int64 = 4_000_000_000_000
        let span = BudgetSpan(.day, at: now)
        for round in 0..<300 {
            let mayForget = round % 2 == 0
            var accounts = (0..<4).map {
                BudgetAccount(tenant: "t", budget: TenantBudget(tokensPerDay: 10_000), holder: "h\($0)")
            }
            var tally = BudgetTally()
            var sum = 0
            var told: [BudgetCrossing] = []
            func report(_ index: Int, arrives: Bool = true) {
                for (span, report) in accounts[index].reports() {
                    let answer = tally.report(report, by: accounts[index].holder)
                    if arrives { told += accounts[index].answered(answer, to: report, of: span) }
                }
            }
            for _ in 0..<200 {
                let index = Int.random(in: 0..<accounts.count, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    let tokens = Int.random(in: 0...200, using: &random)
                    sum += tokens
                    accounts[index].charge(BudgetAmount(tokens: tokens), now: now)
                case 4..<6: report(index)
                case 6: report(index, arrives: false)
                case 7:
                    accounts[index].looked(
                        BudgetStore.Look(total: tally.total, own: tally.holders[accounts[index].holder] ?? BudgetAmount()), at: span)
                case 8: accounts[index].noteConnection()
                default: if mayForget, Bool.random(using: &random) { tally = BudgetTally() }
                }
                // Nobody takes more for used than is.
                if let excess = accounts[index].excess(now: now) { #expect(Int(excess.used) <= sum) }
            }
            for index in accounts.indices { accounts[index].noteConnection() }
            for index in accounts.indices { report(index) }
            #expect(tally.total.tokens == sum, "round \(round)")
            guard !mayForget else { continue }
            #expect(told.filter(\.isHard).count == (sum >= 10_000 ? 1 : 0), "round \(round)")
            #expect(told.filter { !$0.isHard }.count == (sum >= 8_000 ? 1 : 0), "round \(round)")
        }
    }

    @Test func whatStoppedHoldersHaveUsedIsKnownToTheOthers() {
        let now: Int64 = 4_000_000_000_000
        let span = BudgetSpan(.day, at: now)
        var accounts = ["a", "b"].map { BudgetAccount(tenant: "t", budget: TenantBudget(tokensPerDay: 100), holder: $0) }
        var tally = BudgetTally()
        accounts[0].charge(BudgetAmount(tokens: 30), now: now)
        for (_, report) in accounts[0].reports(atEnd: true) { _ = tally.report(report, by: "a", retires: true) }
        #expect(tally.holders.isEmpty)
        for used in [5, 12] {
            accounts[1].charge(BudgetAmount(tokens: used), now: now)
            for (span, report) in accounts[1].reports() { _ = accounts[1].answered(tally.report(report, by: "b"), to: report, of: span) }
            // Redis loses everything in between.
            if used == 5 { tally = BudgetTally() }
        }
        #expect(tally.total.tokens == 47)
        accounts[1].prune(now: span.end)
        #expect(accounts[1].isEmpty)
    }

    @Test func daysAndMonthsEndWhereTheCalendarSays() {
        func span(_ period: BudgetPeriod, _ year: Int, _ month: Int, _ day: Int, _ milliseconds: Int64) -> (String, Int64) {
            let date = CivilDate(year: year, month: month, day: day)
            let span = BudgetSpan(period, at: Int64(date?.daysSince1970 ?? 0) * 86_400_000 + milliseconds)
            return (span.name, span.end)
        }
        func start(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
            Int64(CivilDate(year: year, month: month, day: day)?.daysSince1970 ?? 0) * 86_400_000
        }
        #expect(span(.day, 2026, 12, 31, 86_399_999) == ("20261231", start(2027, 1, 1)))
        #expect(span(.day, 2027, 1, 1, 0) == ("20270101", start(2027, 1, 2)))
        #expect(span(.month, 2026, 12, 31, 5) == ("202612", start(2027, 1, 1)))
        #expect(span(.month, 2028, 2, 1, 0) == ("202802", start(2028, 3, 1)))
        #expect(span(.month, 2028, 2, 29, 0) == ("202802", start(2028, 3, 1)))
        #expect(span(.month, 2027, 1, 31, 0) == ("202701", start(2027, 2, 1)))
        #expect(span(.month, 2027, 2, 28, 86_399_999) == ("202702", start(2027, 3, 1)))
    }

    @Test func linesAreWhereTheBudgetSays() {
        func amounts(_ budget: TenantBudget) -> [String] { budget.lines(.day).map(\.name) }
        #expect(amounts(TenantBudget(usdPerDay: 10)) == ["soft:usd:8000000000", "hard:usd:10000000000"])
        #expect(amounts(TenantBudget(tokensPerDay: 999, softPercent: 50)) == ["soft:tokens:499", "hard:tokens:999"])
        #expect(amounts(TenantBudget(tokensPerDay: 10, softPercent: 100)) == ["hard:tokens:10"])
        #expect(amounts(TenantBudget(tokensPerDay: .max)).count == 2)
        #expect(amounts(TenantBudget(usdPerMonth: 1)).isEmpty)
    }
}
