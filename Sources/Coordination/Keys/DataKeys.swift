internal import Synchronization

/// The data keys as a worker knows them, for all its loops. A `DataKeyKeeper` keeps them up to date.
package final class DataKeys: Sendable {
    private struct State {
        var ring = DataKeyRing([], newest: nil)
        var isKept = false
        /// Who waits for a refresh that has not begun.
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    /// What loops ask for; several that were not seen to are one.
    let refreshRequests: AsyncStream<Void>
    private let doorbell: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    package init() {
        (refreshRequests, doorbell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The last known keys.
    package var current: DataKeyRing { state.withLock { $0.ring } }

    /// Has the keys fetched again soon.
    package func requestRefresh() {
        doorbell.yield()
    }

    /// Has the keys fetched again, and waits until that is done or has failed: not much longer than a command to Redis may take. Where
    /// nobody keeps them, it returns at once.
    package func refresh() async {
        await withUnsafeContinuation { continuation in
            let mustWait = state.withLock { state in
                if state.isKept { state.waiters.append(continuation) }
                return state.isKept
            }
            if mustWait { requestRefresh() } else { continuation.resume() }
        }
    }
}

// MARK: The keeper's side

extension DataKeys {
    func replace(with ring: DataKeyRing) {
        state.withLock { $0.ring = ring }
    }

    /// From now on refreshes are waited for.
    func beginKeeping() {
        state.withLock { $0.isKept = true }
    }

    /// To be called before a refresh: those who are to be told of its end.
    func takeWaiters() -> [UnsafeContinuation<Void, Never>] {
        state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
    }

    func endKeeping() {
        state.withLock { $0.isKept = false }
        for waiter in takeWaiters() { waiter.resume() }
    }
}
