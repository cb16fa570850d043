import EventLoop
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct FleetRollTests {
    private typealias Count = FleetRoll.Count

    /// The scripts in Redis do what `FleetRoll` says.
    @Test func redisDoesWhatTheRollSays() async throws {
        let server = try await RedisServer()
        let silence: Int64 = 40
        try await FleetHolder.with(port: server.port, loops: [1], silence: .milliseconds(silence)) { holders in
            let holder = holders[0]
            var random = SeededGenerator.forTest("fleet in Redis")
            var roll = FleetRoll()
            for number in 0..<2_000 {
                let id = "w\(Int.random(in: 0..<5, using: &random))"
                switch Int.random(in: 0..<1_000, using: &random) {
                case 0..<700:
                    let loops = Int.random(in: 0..<100, using: &random)
                    let state = Array("{\(number)} \n".utf8)
                    let (count, now) = try #require(try await holder.beat(id, loops: loops, state: state))
                    #expect(count == roll.beat(id, loops: loops, state: state, silence: silence, now: now), "step \(number)")
                case 700..<800:
                    await holder.leave(id)
                    roll.leave(id)
                case 800..<810:
                    // By Redis' clock, so that some have been silent for too long after it.
                    try await Task.sleep(for: .milliseconds(Int.random(in: 15...25, using: &random)))
                default: break
                }
                let (live, now) = try #require(try await holder.live())
                try #require(live == roll.live(silence: silence, now: now), "step \(number)")
            }
        }
    }

    @Test func theFleetGrowsAtOnceAndShrinksWhenThatHasLasted() {
        var estimate = FleetEstimate(own: Count(workers: 1, loops: 2), patience: .seconds(10))
        func time(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
        estimate.answered(Count(workers: 5, loops: 10), at: time(0))
        #expect(estimate.count == Count(workers: 5, loops: 10))
        estimate.answered(Count(workers: 1, loops: 2), at: time(2))
        estimate.answered(Count(workers: 4, loops: 8), at: time(4))
        estimate.answered(Count(workers: 3, loops: 6), at: time(11))
        #expect(estimate.count == Count(workers: 5, loops: 10))
        estimate.answered(Count(workers: 3, loops: 6), at: time(12))
        #expect(estimate.count == Count(workers: 4, loops: 8))
        // Not answered for a while: the time before does not count.
        estimate.answered(Count(workers: 1, loops: 2), at: time(14))
        estimate.missed()
        estimate.answered(Count(workers: 1, loops: 2), at: time(30))
        #expect(estimate.count == Count(workers: 4, loops: 8))
        estimate.answered(Count(workers: 6, loops: 12), at: time(32))
        #expect(estimate.count == Count(workers: 6, loops: 12))
        // The decline before that is forgotten.
        estimate.answered(Count(workers: 1, loops: 2), at: time(41))
        #expect(estimate.count == Count(workers: 6, loops: 12))
    }

    @Test func aMemberIsReadAsItWasWrittenAndByOtherVersions() {
        var member = FleetMember(
            id: "w \"1\"", version: "2.0\n", host: "höst", pid: 77, started: 1_700_000_000_123, loops: 4,
            load: FleetMember.Load(inFlight: 3, perSecond: 12.5, succeeded: 1_000_000, failed: 2, lag: 9))
        #expect(FleetMember(json: member.json) == member)
        member.load.lag = nil
        #expect(FleetMember(json: member.json) == member)
        #expect(
            FleetMember(json: Array(#"{"id":"a","news":{},"loops":null}"#.utf8))
                == FleetMember(id: "a", version: "", host: "", pid: 0, started: 0, loops: 0))
        #expect(FleetMember(json: Array("{}".utf8)) == nil)
        #expect(FleetMember(json: Array("no".utf8)) == nil)
    }
}
