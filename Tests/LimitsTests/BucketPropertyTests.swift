import TestSupport
import Testing

@testable import Limits

/// Loops that ask, use, settle, crash and come back, with clocks of their own: whatever they do, no more goes out than the stated bound.
@Suite(.timeLimit(.minutes(5))) struct BucketPropertyTests {
    private struct Use {
        let time: Double
        let need: Need
    }

    /// A loop as the limiter has it, without waiting requests: an allowance, and what is to be put right.
    private struct Loop {
        var allowance = Allowance()
        var leftover = Leftover()
        var comeAt = 0.0
        /// What its clock is ahead of Redis'.
        var skew: Double
        /// Calls under way: what was reserved, and when they end.
        var calls: [(reserved: Need, used: Need, taken: Double, end: Double)] = []
    }

    private static let advance = 500_000.0

    @Test(arguments: 0..<12) func noWindowHasMoreThanItsLimitAndItsBurst(round: Int) {
        var random = SeededGenerator.forTest("limits under crashes, \(round)")
        let rates = LimitRates(
            requestsPerMinute: Int.random(in: 60...60_000, using: &random),
            tokensPerMinute: Int.random(in: 6_000...6_000_000, using: &random),
            burstSeconds: 2)
        let specs = BucketSpec.buckets(of: rates, advance: Self.advance)
        let kinds: [BucketSpec.Kind] = [.requests, .tokens]
        var store = BucketStore()
        var loops = (0..<Int.random(in: 1...8, using: &random)).map { _ in Loop(skew: Double.random(in: -1e12...1e12, using: &random)) }
        var uses: [Use] = []
        var time = 1e15
        let end = time + 90e6
        let tokens = Double(rates.tokensPerMinute ?? 1) / Double(rates.requestsPerMinute ?? 1)
        // Some calls are mostly tokens, some mostly requests; some are larger than the burst.
        func someNeed() -> Need {
            let size =
                tokens * Double.random(in: 0...3, using: &random) + (Int.random(in: 0..<500, using: &random) == 0 ? tokens * 2_000 : 0)
            return Need(input: size.rounded(.up), output: 0)
        }
        var largest = Need.nothing
        while time < end {
            time += Double.random(in: 0...40_000, using: &random)
            // Lulls, in which all buckets fill up.
            if Int.random(in: 0..<400, using: &random) == 0 { time += Double.random(in: 0...6e6, using: &random) }
            let index = Int.random(in: loops.indices, using: &random)
            let clock = time + loops[index].skew
            let loopCount = loops.count
            switch Int.random(in: 0..<1_000, using: &random) {
            case 0:
                // It crashes with all that it has, and another takes its place.
                loops[index] = Loop(skew: Double.random(in: -1e12...1e12, using: &random))
                continue
            case 1:
                // Redis loses its data.
                if round % 3 == 0 { store = BucketStore() }
                continue
            default: break
            }
            for call in loops[index].calls where call.end <= time {
                loops[index].leftover.add(reserved: call.reserved, used: call.used, taken: call.taken)
            }
            loops[index].calls.removeAll { $0.end <= time }
            loops[index].leftover.add(loops[index].allowance.expired(now: clock))
            if !loops[index].leftover.isEmpty { store.settle("s", specs, loops[index].leftover.settlement, now: time) }
            loops[index].leftover = Leftover()
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let need = someNeed()
                largest = Need(requests: 1, input: max(largest.input, need.input), output: 0)
                if let taken = loops[index].allowance.take(need, of: kinds, now: clock) {
                    // It is not used beyond what was reserved, but often less, which is known only at its end.
                    let used = Need(input: (need.input * Double.random(in: 0...1, using: &random)).rounded(), output: 0)
                    uses.append(Use(time: time, need: used))
                    let length = Double.random(in: 0...2e6, using: &random) * (Int.random(in: 0..<50, using: &random) == 0 ? 20 : 1)
                    loops[index].calls.append((need, used, taken, time + length))
                } else if loops[index].comeAt <= clock, !loops[index].allowance.willHave(need, of: kinds, now: clock) {
                    let missing = need - loops[index].allowance.total
                    let asked = Need(requests: max(0, missing.requests), input: max(0, missing.input), output: 0)
                    let ask = LimitAsk(
                        parts: [LimitAsk.Part(scope: "s", buckets: specs)], need: asked,
                        extra: Need(requests: 30, input: 30 * tokens, output: 0), isWaitedFor: Bool.random(using: &random),
                        advance: Self.advance, loops: loopCount)
                    switch store.take(ask, now: time) {
                    case .granted(let first, let last, let extra, let taken):
                        loops[index].allowance.add(
                            asked, extra: extra, first: first, last: max(first, last), asked: clock, taken: taken, now: clock,
                            advance: Self.advance)
                    case .comeAgain(let after, _, _):
                        #expect(after > 0)
                        loops[index].comeAt = clock + after
                    }
                    break
                }
            }
        }
        let losses = round % 3 == 0 ? 1.0 : 0
        check(uses, of: .requests, specs, rates, largest: 1, slack: losses)
        check(uses, of: .tokens, specs, rates, largest: largest.input, slack: losses)
        // The bound is not kept by doing nothing.
        let used = uses.reduce(Need.nothing) { $0 + $1.need }
        let shares = [
            used.requests / (1.5 * Double(rates.requestsPerMinute ?? 1)), used.input / (1.5 * Double(rates.tokensPerMinute ?? 1)),
        ]
        #expect((shares.max() ?? 0) > 0.02, "\(shares)")
    }

    /// In no window from one use to another is there more than what comes in meanwhile, and the burst.
    private func check(_ uses: [Use], of kind: BucketSpec.Kind, _ specs: [BucketSpec], _ rates: LimitRates, largest: Double, slack: Double)
    {
        guard let spec = specs.first(where: { $0.kind == kind }) else { return }
        // A call that is larger than the burst goes when nothing is owed; others may still have what they took in advance.
        let burst = max(rates.burstSeconds * 1e6 / spec.interval, largest + Self.advance / spec.interval) + largest * slack * 4
        // The most that a window that ends here has beyond what has come in: the excess of a bucket that starts empty.
        var excess = 0.0
        var last = uses.first?.time ?? 0
        var worst = 0.0
        for use in uses {
            excess = max(0, excess - (use.time - last) / spec.interval) + use.need[kind]
            last = use.time
            worst = max(worst, excess)
        }
        #expect(worst <= burst + 1e-6 * Double(uses.count), "\(kind): \(worst) beyond the rate, and \(burst) may be")
    }
}
