import EventLoop
import Testing

@testable import Redis

@Suite struct LifecycleTests {
    private static let failure = RedisError(.unavailable, "gone")
    private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func makeLifecycle() -> Lifecycle {
        Lifecycle(backoff: Backoff(first: .milliseconds(50), maximum: .seconds(2)))
    }

    @Test func pausesDoubleUpToTheMaximumWithARandomPartTakenOff() {
        var full = Backoff(first: .milliseconds(50), maximum: .seconds(2))
        #expect((0..<8).map { _ in full.next(random: 0) } == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
        var half = Backoff(first: .milliseconds(50), maximum: .seconds(2))
        #expect(half.next(random: 0.5) == .milliseconds(37.5))
        for _ in 0..<100 { _ = half.next(random: 0) }
        #expect(half.next(random: 0) == .seconds(2))
        half.reset()
        #expect(half.next(random: 0) == .milliseconds(50))
    }

    @Test func commandsWaitForTheFirstAttemptAndAreRefusedOnceItFailed() {
        var lifecycle = makeLifecycle()
        #expect(lifecycle.admission == .wait)
        #expect(lifecycle.attemptFailed(Self.failure, random: 0) == .pause(.milliseconds(50)))
        #expect(lifecycle.admission == .refuse(Self.failure))
        lifecycle.retries()
        #expect(lifecycle.admission == .refuse(Self.failure))
        #expect(lifecycle.attemptFailed(Self.failure, random: 0) == .pause(.milliseconds(100)))
        lifecycle.retries()
        lifecycle.established(at: Self.start)
        #expect(lifecycle.admission == .send)
        #expect(lifecycle.state == .available)
    }

    @Test func aConnectionThatServedIsReplacedAtOnce() {
        var lifecycle = makeLifecycle()
        lifecycle.established(at: Self.start)
        lifecycle.served()
        #expect(lifecycle.lost(Self.failure, at: Self.start, random: 0) == .connect)
        #expect(lifecycle.admission == .wait)
        #expect(lifecycle.state == .connecting)
    }

    @Test func aConnectionThatOnlyStoodForLongIsReplacedAtOnce() {
        var lifecycle = makeLifecycle()
        lifecycle.established(at: Self.start)
        #expect(lifecycle.lost(Self.failure, at: Self.start + Lifecycle.provenAfter, random: 0) == .connect)
    }

    @Test func connectionsThatEndBeforeTheyServeAreReplacedMoreAndMoreSlowly() {
        var lifecycle = makeLifecycle()
        for milliseconds in [50, 100, 200] {
            lifecycle.established(at: Self.start)
            #expect(lifecycle.lost(Self.failure, at: Self.start, random: 0) == .pause(.milliseconds(milliseconds)))
            lifecycle.retries()
        }
        lifecycle.established(at: Self.start)
        lifecycle.served()
        #expect(lifecycle.lost(Self.failure, at: Self.start, random: 0) == .connect)
        #expect(lifecycle.attemptFailed(Self.failure, random: 0) == .pause(.milliseconds(50)))
    }

    @Test func afterOneWaitInVainOthersAreRefused() {
        var lifecycle = makeLifecycle()
        lifecycle.waitedInVain(Self.failure)
        #expect(lifecycle.admission == .refuse(Self.failure))
        #expect(lifecycle.state == .unavailable(Self.failure))
        lifecycle.established(at: Self.start)
        lifecycle.waitedInVain(Self.failure)
        #expect(lifecycle.admission == .send)
    }

    @Test func closingEndsWhateverHappensThen() {
        var lifecycle = makeLifecycle()
        lifecycle.established(at: Self.start)
        lifecycle.close()
        guard case .refuse(let refusal) = lifecycle.admission else {
            Issue.record("a closing client took a command")
            return
        }
        #expect(refusal.code == .closed)
        #expect(lifecycle.lost(Self.failure, at: Self.start, random: 0) == .end)
        #expect(lifecycle.attemptFailed(Self.failure, random: 0) == .end)
        lifecycle.closed()
        lifecycle.close()
        #expect(lifecycle.phase == .closed)
    }
}
