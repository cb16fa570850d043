/// A timer of one event loop, to be armed again and again. Used only on its loop's thread.
package final class LoopTimer {
    private let loop: EventLoop
    private let slot: Int

    init(loop: EventLoop, slot: Int) {
        self.loop = loop
        self.slot = slot
    }

    deinit {
        loop.releaseTimer(slot)
    }

    /// Calls the handler once at `deadline`, and forgets an earlier deadline.
    package func arm(at deadline: MonotonicTime) {
        loop.armTimer(slot, at: deadline)
    }

    /// Calls the handler once after `delay`, and forgets an earlier deadline.
    package func arm(after delay: Duration) {
        loop.armTimer(slot, at: .now + delay)
    }

    package func disarm() {
        loop.disarmTimer(slot)
    }
}
