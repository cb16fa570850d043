package import EventLoop
package import Logging
package import Redis

/// Keeps a worker's data keys as they are in Redis, and replaces the newest when it is old. Confined to its Redis client's loop; a worker
/// has one.
///
/// Without Redis the last known keys stay.
package final class DataKeyKeeper {
    private static let refreshInterval = Duration.seconds(60)
    /// After a refresh that failed.
    private static let retryInterval = Duration.seconds(5)
    /// Between refreshes that were asked for.
    private static let shortestInterval = Duration.milliseconds(200)

    private let keys: DataKeys
    private let store: DataKeyStore
    private let wrap: KeyWrap
    private let rotationAge: Int64
    private let loop: EventLoop
    private let logger: Logger
    private var isDegraded = false
    private var toldUnreadable: [UInt32] = []

    /// - Parameters:
    ///   - keys: what to keep up to date.
    ///   - group: the consumer group, whose workers share the keys.
    ///   - rotateAfter: the age at which the newest key is replaced, in days.
    package init(
        keys: DataKeys, secrets: MasterSecrets, redis: RedisClient, group: String, rotateAfter days: Int = 30, loop: EventLoop,
        logger: Logger
    ) {
        self.keys = keys
        store = DataKeyStore(redis: redis, group: group)
        wrap = KeyWrap(secrets)
        rotationAge = Int64(days) * 86_400_000
        self.loop = loop
        self.logger = logger
    }

    /// Refreshes at once, every minute, and when asked for it, until the task is cancelled. To be called once.
    package func run(isolation: isolated (any Actor)? = #isolation) async {
        let timer = loop.makeTimer { [keys] in keys.requestRefresh() }
        keys.beginKeeping()
        defer { keys.endKeeping() }
        keys.requestRefresh()
        for await _ in keys.refreshRequests {
            // Who asks from here on may mean a key that is made after this refresh has looked.
            let waiters = keys.takeWaiters()
            let isDone = await refresh()
            for waiter in waiters { waiter.resume() }
            timer.arm(after: isDone ? Self.refreshInterval : Self.retryInterval)
            try? await loop.sleep(for: Self.shortestInterval)
        }
    }

    /// Fetches the keys, and makes a new one if there is none or the newest is old. What goes wrong is logged.
    ///
    /// - Returns: whether that worked.
    @discardableResult
    package func refresh(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        do {
            var (wrapped, now) = try await store.fetch()
            if wrapped.needsRotation(now: now, after: rotationAge) {
                let rotation = wrap.rotation(of: wrapped, now: now)
                if try await store.rotate(rotation) { logger.notice("made the data key \(rotation.key.field)") }
                (wrapped, now) = try await store.fetch()
            }
            take(wrapped)
            isDegraded = false
            return true
        } catch {
            if error.code != .cancelled, !isDegraded {
                isDegraded = true
                logger.warning("\(error); until it answers, the last known data keys are used")
            }
            return false
        }
    }

    private func take(_ wrapped: WrappedKeyRing) {
        let (ring, unreadable) = wrap.ring(wrapped, known: keys.current)
        keys.replace(with: ring)
        guard unreadable != toldUnreadable else { return }
        toldUnreadable = unreadable
        guard !unreadable.isEmpty else { return }
        let names = unreadable.map(WrappedKey.field).joined(separator: ", ")
        logger.warning(
            """
            data keys cannot be unwrapped: \(names); what was sealed with them counts as not there until encryption.previous_keys has the \
            secret that encryption.key was before
            """)
    }
}
