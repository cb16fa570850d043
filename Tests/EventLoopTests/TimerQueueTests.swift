import TestSupport
import Testing

@testable import EventLoop

@Suite struct TimerQueueTests {
    private func time(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    private func popAll(_ queue: inout TimerQueue, at now: UInt64) -> [Int] {
        var due: [Int] = []
        while let slot = queue.popDue(at: time(now)) { due.append(slot) }
        return due
    }

    @Test func timersComeUpInOrderOfTheirDeadlines() {
        var queue = TimerQueue()
        let slots = (0..<3).map { _ in queue.makeTimer() }
        queue.arm(slots[0], at: time(30))
        queue.arm(slots[1], at: time(10))
        queue.arm(slots[2], at: time(20))
        #expect(popAll(&queue, at: 25) == [slots[1], slots[2]])
        #expect(popAll(&queue, at: 30) == [slots[0]])
        #expect(queue.nextDeadline == nil)
    }

    @Test func aTimerMovedLaterComesUpOnceAtItsNewDeadline() {
        var queue = TimerQueue()
        let slot = queue.makeTimer()
        queue.arm(slot, at: time(10))
        queue.arm(slot, at: time(50))
        #expect(popAll(&queue, at: 20) == [])
        #expect(popAll(&queue, at: 50) == [slot])
        #expect(popAll(&queue, at: 100) == [])
    }

    @Test func aTimerMovedEarlierComesUpOnce() {
        var queue = TimerQueue()
        let slot = queue.makeTimer()
        queue.arm(slot, at: time(50))
        queue.arm(slot, at: time(10))
        #expect(popAll(&queue, at: 100) == [slot])
    }

    @Test func aDisarmedOrReleasedTimerDoesNotComeUp() {
        var queue = TimerQueue()
        let disarmed = queue.makeTimer()
        let released = queue.makeTimer()
        queue.arm(disarmed, at: time(10))
        queue.arm(released, at: time(10))
        queue.disarm(disarmed)
        queue.release(released)
        let successor = queue.makeTimer()
        #expect(successor == released)
        queue.arm(successor, at: time(90))
        #expect(popAll(&queue, at: 50) == [])
        #expect(popAll(&queue, at: 90) == [successor])
    }

    @Test(arguments: [1 as UInt64, 2, 3, 4])
    func agreesWithASortedListUnderRandomUse(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = TimerQueue()
        var expected: [Int: UInt64] = [:]
        let slots = (0..<20).map { _ in queue.makeTimer() }
        var now: UInt64 = 0
        for _ in 0..<5_000 {
            let slot = slots[Int(random.next() % 20)]
            switch random.next() % 4 {
            case 0, 1:
                let deadline = now + random.next() % 100
                queue.arm(slot, at: time(deadline))
                expected[slot] = deadline
            case 2:
                queue.disarm(slot)
                expected[slot] = nil
            default:
                now += random.next() % 40
                let due = expected.filter { $0.value <= now }
                let popped = popAll(&queue, at: now)
                #expect(Set(popped) == Set(due.keys))
                #expect(popped.count == due.count)
                for slot in popped { expected[slot] = nil }
            }
        }
    }
}
