internal import EventLoop
internal import Redis

/// That a batch, or a queue, is one lane's alone for as long as it keeps saying so. Confined to its loop.
final class BatchLease {
    let token: String
    private let thing: String
    private let store: BatchStore
    private let length: Duration
    /// Until when it is certain that nobody else has it.
    private var end: MonotonicTime
    private var keeper: Task<Void, Never>?

    private init(_ thing: String, token: String, store: BatchStore, length: Duration, end: MonotonicTime) {
        self.thing = thing
        self.token = token
        self.store = store
        self.length = length
        self.end = end
    }

    /// - Returns: nil if it is another's.
    static func take(
        _ thing: String, store: BatchStore, loop: EventLoop, timing: BatchTiming, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> BatchLease? {
        let token = BatchName.random()
        let (length, asked) = (Duration.milliseconds(timing.lease), MonotonicTime.now)
        guard try await store.takeLease(of: thing, token: token) else { return nil }
        let lease = BatchLease(thing, token: token, store: store, length: length, end: asked + length)
        lease.keeper = Task {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            while !Task.isCancelled {
                try? await loop.sleep(for: length / 4)
                guard !Task.isCancelled else { return }
                await lease.extend()
            }
        }
        return lease
    }

    var isHeld: Bool { MonotonicTime.now < end }

    /// Whether it will be held for a while yet: what is begun now is not begun by another too.
    var isFresh: Bool { MonotonicTime.now + length / 2 < end }

    private func extend(isolation: isolated (any Actor)? = #isolation) async {
        let asked = MonotonicTime.now
        do {
            if try await store.extendLease(of: thing, token: token) { end = asked + length } else { end = asked }
        } catch {
            // It runs out by itself if this goes on.
        }
    }

    /// Lets others have it. Where Redis does not hear it, it runs out.
    func giveBack(isolation: isolated (any Actor)? = #isolation) async {
        keeper?.cancel()
        end = MonotonicTime(nanoseconds: 0)
        try? await store.giveLeaseBack(of: thing, token: token)
    }
}

/// Names for batches and leases, each given once.
enum BatchName {
    /// 32 hexadecimal digits.
    static func random() -> String {
        let number = UInt128.random(in: 0...UInt128.max)
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
