import Envelope
import EventLoop
import Routing
import Testing

@Suite struct KeyRingTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func after(_ seconds: Double) -> MonotonicTime { start + .milliseconds(seconds * 1_000) }

    @Test func keysTakeTurns() {
        var ring = KeyRing(count: 3)
        #expect((0..<5).map { _ in ring.take(for: "m", now: start) } == [.key(0), .key(1), .key(2), .key(0), .key(1)])
    }

    @Test func aKeyMayBeChosenByOthers() {
        var ring = KeyRing(count: 3)
        #expect(ring.take(for: "m", now: start) == .key(0))
        #expect(ring.usable(for: "m", now: start) == [1, 2, 0])
        let isTaken = ring.take(2, for: "m", now: start)
        #expect(isTaken)
        #expect(ring.usable(for: "m", now: start) == [0, 1, 2])
        #expect(ring.refused(1, .key, reason: .auth, now: start) == 60_000)
        _ = ring.refused(0, .rate("m", milliseconds: 1_000), reason: .rateLimited, now: start)
        #expect(ring.usable(for: "m", now: start) == [2, 0])
        #expect(ring.usable(for: "another", now: start) == [0, 2])
        // It is set aside, then tried again by one call, and nobody beside it.
        let later = [start, after(61), after(62)].map { ring.take(1, for: "m", now: $0) }
        #expect(later == [false, true, false])
    }

    @Test func aRefusedKeyIsSetAsideAndTriedAgainByOneCall() {
        var ring = KeyRing(count: 2)
        #expect(ring.refused(0, .key, reason: .auth, now: start) == 60_000)
        #expect((0..<3).map { _ in ring.take(for: "m", now: after(59)) } == [.key(1), .key(1), .key(1)])
        // The trial, and nobody beside it.
        #expect((0..<3).map { _ in ring.take(for: "m", now: after(61)) } == [.key(0), .key(1), .key(1)])
        #expect(ring.refused(0, .key, reason: .auth, now: after(61)) == 120_000)
        #expect((0..<2).map { _ in ring.take(for: "m", now: after(180)) } == [.key(1), .key(1)])
        #expect((0..<2).map { _ in ring.take(for: "m", now: after(182)) } == [.key(0), .key(1)])
        ring.finished(0, model: "m", isAccepted: true)
        #expect((0..<4).map { _ in ring.take(for: "m", now: after(183)) } == [.key(0), .key(1), .key(0), .key(1)])
        // A new refusal is a first one.
        #expect(ring.refused(0, .key, reason: .auth, now: after(184)) == 60_000)
    }

    @Test func theOnlyKeyLeavesNone() {
        var ring = KeyRing(count: 1)
        #expect(ring.refused(0, .key, reason: .quotaExhausted, now: start) == 60_000)
        #expect(ring.take(for: "m", now: after(1)) == .none(.quotaExhausted, until: after(60)))
        #expect(ring.take(for: "m", now: after(60)) == .key(0))
    }

    @Test func whatIsForbiddenIsOneModel() {
        var ring = KeyRing(count: 1)
        #expect(ring.refused(0, .model("big"), reason: .permission, now: start) == 60_000)
        #expect(ring.take(for: "big", now: after(1)) == .none(.permission, until: after(60)))
        #expect(ring.take(for: "small", now: after(1)) == .key(0))
    }

    @Test func whatIsKnownOfModelsDoesNotGrowForEver() {
        var ring = KeyRing(count: 1)
        let pauses = (0..<5_000).map { ring.refused(0, .model("m-\($0)"), reason: .permission, now: start) }
        #expect(pauses.count { $0 != nil } == 1_024)
        var full = ring
        #expect(full.refused(0, .key, reason: .auth, now: start) == 60_000)
        #expect(ring.refused(0, .model("late"), reason: .permission, now: after(61)) == 60_000)
        #expect(ring.take(for: "late", now: after(62)) == .none(.permission, until: after(121)))
    }

    @Test func lateRefusalsSayNothingNew() {
        var ring = KeyRing(count: 2)
        #expect(ring.refused(0, .key, reason: .auth, now: start) == 60_000)
        #expect(ring.refused(0, .key, reason: .auth, now: after(1)) == nil)
        #expect(ring.take(for: "m", now: after(61)) == .key(0))
    }

    @Test func aTrialWithoutAnOutcomeIsFollowedByAnother() {
        var ring = KeyRing(count: 1)
        _ = ring.refused(0, .key, reason: .auth, now: start)
        #expect(ring.take(for: "m", now: after(60)) == .key(0))
        #expect(ring.take(for: "m", now: after(61)) == .none(.auth, until: after(180)))
        ring.finished(0, model: "m", isAccepted: false)
        #expect(ring.take(for: "m", now: after(62)) == .key(0))
        #expect(ring.take(for: "m", now: after(63)) == .none(.auth, until: after(182)))
        #expect(ring.take(for: "m", now: after(182)) == .key(0))
    }

    @Test func aKeyWhoseRateIsUsedUpRestsWhileOthersDoNot() {
        var ring = KeyRing(count: 2)
        #expect(ring.refused(0, .rate("m", milliseconds: 5_000), reason: .rateLimited, now: start) == nil)
        #expect(ring.hasRested(for: "m", now: after(1)))
        #expect((0..<2).map { _ in ring.take(for: "other", now: after(1)) } == [.key(0), .key(1)])
        #expect((0..<2).map { _ in ring.take(for: "m", now: after(1)) } == [.key(1), .key(1)])
        #expect(ring.refused(1, .rate("m", milliseconds: 5_000), reason: .rateLimited, now: start) == nil)
        #expect(!ring.hasRested(for: "m", now: after(1)))
        // Somebody must tell when the rate is free again.
        #expect(ring.take(for: "m", now: after(2)) == .key(0))
        #expect((0..<2).map { _ in ring.take(for: "m", now: after(6)) } == [.key(1), .key(0)])
    }

    @Test func nobodyCallsDuringALongRest() {
        var ring = KeyRing(count: 2)
        #expect(
            ring.refused(0, .rate("m", milliseconds: 7_200_000), reason: .rateLimited, now: start) == 3_600_000,
            "an hour is believed, no more")
        #expect(ring.refused(0, .rate("m", milliseconds: 7_200_000), reason: .rateLimited, now: after(1)) == nil)
        #expect((0..<2).map { _ in ring.take(for: "m", now: after(2)) } == [.key(1), .key(1)])
        #expect(ring.refused(1, .rate("m", milliseconds: 1_800_000), reason: .rateLimited, now: start) == 1_800_000)
        #expect(ring.take(for: "m", now: after(3)) == .none(.rateLimited, until: after(1_800)))
        #expect(ring.take(for: "other", now: after(3)) == .key(0))
        #expect(ring.take(for: "m", now: after(1_800)) == .key(1))
    }
}
