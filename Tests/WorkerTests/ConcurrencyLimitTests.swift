import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Worker

/// A provider and who calls it as often as the limit allows, without I/O. Time goes by in milliseconds.
private struct Simulation {
    private struct Call {
        let began: Int
        let isOverload: Bool
    }

    var limit: ConcurrencyLimit
    /// What a call takes if there is no other, in the median.
    var latency = 100.0
    /// The deviation of its logarithm.
    var deviation = 0.5
    /// Calls at once beyond which each takes longer.
    var capacity = Double.infinity
    /// Calls at once beyond which they are refused.
    var most = Int.max
    /// What the caller has to call for at once.
    var demand = Int.max
    private(set) var limits: [Int] = []
    private(set) var calls = 0
    private(set) var refused = 0
    private var random: SeededGenerator
    private var now = 0
    private var running = 0
    private var ends: [Int: [Call]] = [:]

    init(range: ClosedRange<Int>, seed: UInt64) {
        limit = ConcurrencyLimit(range: range)
        random = SeededGenerator(seed: seed)
    }

    /// Runs for some milliseconds and keeps the limits of that time.
    mutating func run(_ milliseconds: Int) {
        limits = []
        (calls, refused) = (0, 0)
        for _ in 0..<milliseconds {
            now += 1
            for call in ends.removeValue(forKey: now) ?? [] {
                limit.note(
                    latency: Double(now - call.began), overloaded: call.isOverload, inFlight: running,
                    now: MonotonicTime(nanoseconds: UInt64(now) * 1_000_000))
                running -= 1
            }
            while running < min(limit.limit, demand) { begin() }
            limits.append(limit.limit)
        }
    }

    private mutating func begin() {
        running += 1
        calls += 1
        let isOverload = running > most
        if isOverload { refused += 1 }
        let normal =
            (-2 * log(Double.random(in: .ulpOfOne...1, using: &random))).squareRoot() * cos(.random(in: 0...2 * .pi, using: &random))
        let time = isOverload ? 5 : latency * exp(deviation * normal) * max(1, Double(running) / capacity)
        ends[now + max(1, Int(time)), default: []].append(Call(began: now, isOverload: isOverload))
    }

    var highest: Double { Double(limits.max() ?? 0) }
    var mean: Double { Double(limits.reduce(0, +)) / Double(limits.count) }
}

/// The bounds are a little wider than what seeds 1 to 20 come to.
@Suite struct ConcurrencyLimitTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>, [20.0, 100, 300])
    func settlesWhereCallsBeginToTakeLonger(seed: UInt64, capacity: Double) {
        var simulation = Simulation(range: 1...2_000, seed: seed)
        simulation.capacity = capacity
        simulation.deviation = 1
        simulation.run(30_000)
        simulation.run(30_000)
        #expect((0.9 * capacity...1.6 * capacity).contains(simulation.mean), "seed \(seed): \(simulation.mean)")
        #expect(simulation.highest < 3 * capacity, "seed \(seed): \(simulation.highest)")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>, [20, 100, 300])
    func settlesWhereCallsAreRefused(seed: UInt64, most: Int) {
        var simulation = Simulation(range: 1...2_000, seed: seed)
        simulation.most = most
        simulation.run(20_000)
        simulation.run(20_000)
        #expect((0.75 * Double(most)...Double(most)).contains(simulation.mean), "seed \(seed): \(simulation.mean)")
        #expect(simulation.refused * 10 < simulation.calls, "seed \(seed): \(simulation.refused) of \(simulation.calls)")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>, [0.3, 1, 1.4])
    func isNotMisledByCallsThatDiffer(seed: UInt64, deviation: Double) {
        var simulation = Simulation(range: 1...200, seed: seed)
        simulation.deviation = deviation
        simulation.run(20_000)
        simulation.run(40_000)
        #expect(simulation.mean > 180, "seed \(seed): \(simulation.mean)")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func longerPromptsAreNotTakenForLoad(seed: UInt64) {
        var simulation = Simulation(range: 1...200, seed: seed)
        simulation.run(20_000)
        for latency in [400.0, 100, 1_000] {
            simulation.latency = latency
            simulation.run(40_000)
            #expect(simulation.mean > 180, "seed \(seed), \(latency) ms: \(simulation.mean)")
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func followsAProviderThatGoesDownAndUp(seed: UInt64) {
        var simulation = Simulation(range: 1...1_000, seed: seed)
        simulation.most = 200
        simulation.run(30_000)
        simulation.most = 10
        simulation.run(5_000)
        simulation.run(10_000)
        #expect((6...12).contains(simulation.mean), "seed \(seed): \(simulation.mean)")
        simulation.most = 0
        simulation.run(10_000)
        #expect(simulation.limit.limit == 1, "seed \(seed)")
        simulation.most = 200
        simulation.run(20_000)
        simulation.run(10_000)
        #expect(simulation.mean > 140, "seed \(seed): \(simulation.mean)")
    }

    @Test func doesNotRiseUnlessItIsUsed() {
        var simulation = Simulation(range: 1...1_000, seed: 1)
        simulation.demand = 5
        simulation.run(40_000)
        #expect(simulation.highest == 16)
        simulation.demand = .max
        simulation.run(20_000)
        #expect(simulation.limit.limit == 1_000)
    }

    @Test func staysInItsRange() {
        var simulation = Simulation(range: 3...7, seed: 1)
        #expect(simulation.limit.limit == 7)
        simulation.most = 0
        simulation.run(20_000)
        #expect(simulation.limit.limit == 3)
        simulation.most = .max
        simulation.run(20_000)
        #expect(simulation.limit.limit == 7)
        simulation.capacity = 1
        simulation.run(20_000)
        #expect(simulation.limits.allSatisfy { (3...7).contains($0) })
    }

    @Test func fallsOnceInTheTimeThatACallTakes() {
        var limit = ConcurrencyLimit(range: 1...400)
        func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }
        for call in 0..<100 as Range<UInt64> { limit.note(latency: 200, overloaded: false, inFlight: 16, now: time(1_000 + call)) }
        #expect(limit.limit == 16)
        for moment in [2_000, 2_001, 2_100, 2_199] as [UInt64] { limit.note(latency: 5, overloaded: true, inFlight: 16, now: time(moment)) }
        #expect(limit.limit == 12)
        // It began before.
        limit.note(latency: 300, overloaded: true, inFlight: 16, now: time(2_299))
        #expect(limit.limit == 12)
        limit.note(latency: 5, overloaded: true, inFlight: 12, now: time(2_300))
        #expect(limit.limit == 9)
    }
}
