import EventLoop
import Routing
import TestSupport
import Testing

@Suite struct RetryBudgetTests {
    private func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000_000 + UInt64(seconds * 1e9))
    }

    /// Takes all that the budget has.
    private func drain(_ budget: inout RetryBudget, at seconds: Double) -> Int {
        var taken = 0
        while taken < 1_000_000, budget.take(now: time(seconds)) { taken += 1 }
        return taken
    }

    @Test func aShareOfTheCallsMayBeRetries() {
        var budget = RetryBudget(ratio: 0.25, perSecond: 0)
        #expect(drain(&budget, at: 0) == 0)
        for _ in 0..<40 { budget.noteCall(now: time(0)) }
        #expect(drain(&budget, at: 0) == 10)
    }

    @Test func someAreAllowedWithoutCalls() {
        var budget = RetryBudget(ratio: 0, perSecond: 2)
        #expect(drain(&budget, at: 0) == 20)
        #expect((1...60).map { drain(&budget, at: Double($0)) } == [Int](repeating: 2, count: 60))
        #expect(drain(&budget, at: 10_000) == 20)
    }

    @Test func lessThanOneASecondIsOneInMore() {
        var budget = RetryBudget(ratio: 0, perSecond: 0.05)
        #expect(drain(&budget, at: 0) == 1)
        #expect(drain(&budget, at: 19) == 0)
        #expect(drain(&budget, at: 21) == 1)
    }

    @Test func whatCallsHaveEarnedFades() {
        var budget = RetryBudget(ratio: 0.5, perSecond: 0)
        for _ in 0..<200 { budget.noteCall(now: time(0)) }
        #expect((36...37).contains(drain(&budget, at: 10)))
        for _ in 0..<200 { budget.noteCall(now: time(10)) }
        #expect(drain(&budget, at: 100) == 0)
    }

    @Test func aClockThatStandsStillOrGoesBackGrantsNothing() {
        var budget = RetryBudget(ratio: 0, perSecond: 1)
        #expect(drain(&budget, at: 100) == 10)
        #expect(drain(&budget, at: 50) == 0)
        #expect(drain(&budget, at: 100) == 0)
        #expect(drain(&budget, at: 101) == 1)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func neverAllowsMoreThanItsShareNorLessThanItsFloor(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let ratio = Double.random(in: 0...1, using: &random)
        let perSecond = Double.random(in: 0.2...20, using: &random)
        var budget = RetryBudget(ratio: ratio, perSecond: perSecond)
        var seconds = 0.0
        var calls = 0.0
        var taken = 0.0
        for step in 0..<5_000 {
            seconds += Double.random(in: 0...0.05, using: &random)
            if Bool.random(using: &random) {
                budget.noteCall(now: time(seconds))
                calls += 1
            } else if budget.take(now: time(seconds)) {
                taken += 1
            }
            // To the millionth, as sums of fractions are.
            let most = ratio * calls + perSecond * (seconds + 10) + 1e-6
            #expect(taken <= most, "seed \(seed), step \(step)")
        }
        // Who asks all the time gets at least the floor.
        _ = drain(&budget, at: seconds)
        taken = 0
        for step in 1...1_000 { taken += Double(drain(&budget, at: seconds + Double(step) / 100)) }
        #expect(taken >= perSecond * 10 - 2, "seed \(seed)")
    }
}
