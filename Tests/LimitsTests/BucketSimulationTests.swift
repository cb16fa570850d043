import TestSupport
import Testing

@testable import Limits

/// Many loops that all have more to do than a bucket lets through, in virtual time.
@Suite(.timeLimit(.minutes(2))) struct BucketSimulationTests {
    private struct Loop {
        var allowance = Allowance()
        var leftover = Leftover()
        var comeAt = 0.0
        var calls: [(reserved: Need, used: Need, taken: Double, end: Double)] = []
        var next: (need: Need, used: Need)?
    }

    /// - Parameter excess: what calls reserve of what they use.
    @Test(arguments: [(1, 1.0), (2, 1.0), (16, 1.0), (16, 1.3), (64, 1.3)])
    func nearlyAllIsUsed(count: Int, excess: Double) {
        var random = SeededGenerator.forTest("saturated, \(count) loops, \(excess)")
        let rates = LimitRates(requestsPerMinute: 600, tokensPerMinute: 90_000, burstSeconds: 2)
        let (advance, kinds) = (500_000.0, [BucketSpec.Kind.requests, .tokens])
        let specs = BucketSpec.buckets(of: rates, advance: advance)
        var store = BucketStore()
        var loops = [Loop](repeating: Loop(), count: count)
        var used = Need.nothing
        var asks = 0
        let (begin, end, warmUp) = (1e15, 1e15 + 130e6, 10e6)
        var time = begin
        while time < end {
            // A loop looks when it may: every 5 ms is as good as a timer.
            time += 5_000
            for index in loops.indices {
                var loop = loops[index]
                loop.calls.removeAll { call in
                    guard call.end <= time else { return false }
                    loop.leftover.add(reserved: call.reserved, used: call.used, taken: call.taken)
                    return true
                }
                if Int(time / 5_000) % 20 == index % 20 {
                    loop.leftover.add(loop.allowance.expired(now: time))
                    if !loop.leftover.isEmpty { store.settle("s", specs, loop.leftover.settlement, now: time) }
                    loop.leftover = Leftover()
                }
                while true {
                    if loop.next == nil {
                        let tokens = Double.random(in: 75...225, using: &random).rounded()
                        loop.next = (Need(input: (tokens * excess).rounded(), output: 0), Need(input: tokens, output: 0))
                    }
                    guard let next = loop.next else { break }
                    if let taken = loop.allowance.take(next.need, of: kinds, now: time) {
                        if time > begin + warmUp { used = used + next.used }
                        loop.calls.append((next.need, next.used, taken, time + Double.random(in: 100_000...900_000, using: &random)))
                        loop.next = nil
                        continue
                    }
                    guard loop.comeAt <= time, !loop.allowance.willHave(next.need, of: kinds, now: time) else { break }
                    asks += 1
                    let missing = (next.need - loop.allowance.total).positive
                    let ask = LimitAsk(
                        parts: [LimitAsk.Part(scope: "s", buckets: specs)], need: missing, extra: next.need * 20, isWaitedFor: true,
                        advance: advance, loops: count)
                    switch store.take(ask, now: time) {
                    case .granted(let first, let last, let extra, let taken):
                        loop.allowance.add(
                            missing, extra: extra, first: first, last: last, asked: time, taken: taken, now: time, advance: advance)
                    case .comeAgain(let after, _, _): loop.comeAt = time + after
                    }
                    if loop.comeAt > time { break }
                }
                loops[index] = loop
            }
        }
        let seconds = (end - begin - warmUp) / 1e6
        let share = max(used.requests / (10 * seconds), used.input / (1_500 * seconds))
        print("saturated, \(count) loops, \(excess): \((share * 1_000).rounded() / 10) % used, \(Double(asks) / used.requests) asks a call")
        #expect(share >= 0.97 && share <= 1.02, "\(share)")
    }
}
