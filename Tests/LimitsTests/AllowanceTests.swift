import TestSupport
import Testing

@testable import Limits

@Suite struct AllowanceTests {
    private let kinds: [BucketSpec.Kind] = [.requests, .tokens]

    private func need(_ tokens: Double) -> Need { Need(input: tokens, output: 0) }

    @Test func whatIsThereCanBeUsedOnce() {
        var allowance = Allowance()
        allowance.add(need(10), extra: .nothing, first: 0, last: 0, asked: 0, taken: 7, now: 0, advance: 100)
        #expect(!allowance.has(need(11), of: kinds, now: 0))
        let result14 = allowance.take(need(4), of: kinds, now: 0)
        #expect(result14 == 7)
        let result15 = allowance.take(need(4), of: kinds, now: 0)
        #expect(result15 == nil)
        let result16 = allowance.take(need(4), of: [.tokens], now: 0)
        #expect(result16 == 7)
    }

    @Test func whatIsToComeInIsWaitedForAndWhatIsOldGoesBack() {
        var allowance = Allowance()
        allowance.add(need(10), extra: need(10) * 8, first: 50, last: 90, asked: 0, taken: 7, now: 0, advance: 100)
        #expect(!allowance.has(need(1), of: kinds, now: 49))
        #expect(allowance.willHave(need(90), of: kinds, now: 0))
        #expect(allowance.nextUse(after: 0) == 50)
        let result25 = allowance.take(need(10), of: kinds, now: 50)
        #expect(result25 == 7)
        let result26 = allowance.take(need(80), of: kinds, now: 89)
        #expect(result26 == nil)
        let result27 = allowance.take(need(70), of: kinds, now: 90)
        #expect(result27 == 7)
        let result28 = allowance.take(need(10), of: kinds, now: 190)
        #expect(result28 == nil)
        let result29 = allowance.expired(now: 190)
        #expect(result29 == Leftover(rest: Need(requests: 7, input: 10, output: 0), taken: 7))
        #expect(allowance.isEmpty)
    }

    @Test func whatIsLeftIsAsOldAsItsOldestPart() {
        var allowance = Allowance()
        allowance.add(need(10), extra: .nothing, first: 0, last: 0, asked: 0, taken: 3, now: 0, advance: 100)
        allowance.add(need(10), extra: .nothing, first: 0, last: 0, asked: 0, taken: 9, now: 0, advance: 100)
        let first = allowance.take(need(4), of: [.tokens], now: 0)
        #expect(first == 3)
        // Six of the first and four of the second.
        let second = allowance.take(need(10), of: [.tokens], now: 0)
        #expect(second == 3)
        let rest = allowance.removeAll()
        #expect(rest.rest.input == 6 && rest.taken == 3)
        var leftover = Leftover()
        leftover.add(reserved: need(10), used: Need(input: 4, output: 3), taken: 8)
        #expect(leftover == Leftover(rest: Need(requests: 0, input: 6, output: 0), more: Need(requests: 0, input: 0, output: 3), taken: 8))
    }

    @Test func nothingIsMadeUpOrLost() {
        var random = SeededGenerator.forTest("allowance")
        for _ in 0..<300 {
            var allowance = Allowance()
            var (given, gone, now) = (Need.nothing, Need.nothing, 0.0)
            for _ in 0..<100 {
                now += Double.random(in: 0...40, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let need = need(Double(Int.random(in: 0...50, using: &random)))
                    let extra = Need(requests: Double(Int.random(in: 0...20, using: &random)), input: 300, output: 0)
                    let first = Double.random(in: 0...50, using: &random)
                    let last = first + Double(Int.random(in: 0...1, using: &random)) * 40
                    allowance.add(need, extra: extra, first: first, last: last, asked: now, taken: now + 5, now: now, advance: 100)
                    given = given + need + extra
                case 1: gone = gone + allowance.expired(now: now).rest
                default:
                    let need = need(Double(Int.random(in: 0...80, using: &random)))
                    let has = allowance.has(need, of: kinds, now: now)
                    let result52 = allowance.take(need, of: kinds, now: now)
                    #expect((result52 != nil) == has)
                    if has { gone = gone + need }
                }
                let total = allowance.total
                #expect(total.requests == given.requests - gone.requests)
                #expect(total.input == given.input - gone.input)
                #expect(total.requests >= 0 && total.input >= 0)
            }
            gone = gone + allowance.removeAll().rest
            #expect(gone == given)
        }
    }
}
