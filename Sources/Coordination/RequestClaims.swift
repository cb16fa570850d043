internal import EventLoop
package import Logging
package import Redis

/// Tells a request that is enqueued a second time under the same id from one that is delivered a second time, and knows of the latter
/// whether it has been answered. Confined to its Redis client's loop.
///
/// The first message with an id claims it for a while; a later message gets it only after the first has failed. The claims are shared
/// by the workers of a group through Redis. Without it, or while it does not answer, only those of this loop are known, of which the
/// last 100,000 are kept: that finds duplicates with the same key, which Kafka brings to the same partition and so to the same loop.
package final class RequestClaims {
    private let redis: RedisClient?
    private let group: String
    private let window: Int
    private let logger: Logger
    private var recent: RecentClaims
    private var isDegraded = false

    /// - Parameters:
    ///   - group: the consumer group, whose workers share claims.
    ///   - window: seconds for which an id is claimed.
    package init(redis: RedisClient?, group: String, window: Int, logger: Logger) {
        self.redis = redis
        self.group = group
        self.window = window
        self.logger = logger
        recent = RecentClaims(capacity: 100_000, lifetime: Int64(window) * 1_000)
    }

    /// Claims an id.
    ///
    /// - Parameters:
    ///   - id: the request's id.
    ///   - tenant: whose id it is; ids of different tenants have nothing to do with each other.
    ///   - origin: what tells the message from all others.
    package func claim(
        _ id: String, tenant: String?, origin: String, isolation: isolated (any Actor)? = #isolation
    ) async -> ClaimOutcome {
        let key = key(id, tenant)
        guard let redis else { return recent.claim(key, for: origin, now: WallClock.milliseconds) }
        do {
            let reply = try await redis.evaluate(Self.claimScript, keys: [.string(key)], arguments: [.string(origin), .integer(window)])
            isDegraded = false
            guard let words = reply.array, words.count == 2, let holder = words[0].string,
                let state = words[1].string.flatMap(Claim.State.init(rawValue:))
            else { return .granted }
            let claim = Claim(origin: holder, state: state)
            recent.note(key, claim, now: WallClock.milliseconds)
            return claim.outcome(for: origin)
        } catch {
            noteDegraded(error)
            return recent.claim(key, for: origin, now: WallClock.milliseconds)
        }
    }

    /// Whether a message that this worker has claimed has been answered by another since, to whom its partition went.
    package func isAnswered(
        _ id: String, tenant: String?, origin: String, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        let held = try? await redis?.execute("GET", .string(key(id, tenant))).string
        return held == "\(Claim.State.answered.rawValue) \(origin)" || held == "\(Claim.State.failed.rawValue) \(origin)"
    }

    /// Notes that a message has been answered: delivered again, it is done; or, after a failure, that its id may be used again.
    ///
    /// Waits for nothing, so that it is done for a cancelled task too.
    package func finish(_ id: String, tenant: String?, origin: String, failed: Bool) {
        let key = key(id, tenant)
        let state: Claim.State = failed ? .failed : .answered
        recent.finish(key, by: origin, as: state)
        redis?.post("SET", .string(key), .string("\(state.rawValue) \(origin)"), "EX", .integer(window))
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, duplicates are found only among the requests of one event loop")
    }

    /// The hash tag keeps what belongs to one request in one slot of a cluster. Lengths keep names apart that contain the separator.
    private func key(_ id: String, _ tenant: String?) -> String {
        let tenant = tenant ?? ""
        return "sy:{\(group.utf8.count):\(group):\(tenant.utf8.count):\(tenant):\(id)}:claim"
    }

    /// Returns origin and state of who has the id after the call. A value is the state, a space, and the origin.
    private static let claimScript = RedisScript(
        name: "claim",
        source: """
            local held = redis.call('GET', KEYS[1])
            if held then
                local state, origin = string.match(held, '^(%a+) (.*)$')
                if state and (state ~= 'failed' or origin == ARGV[1]) then return {origin, state} end
            end
            redis.call('SET', KEYS[1], 'open ' .. ARGV[1], 'EX', ARGV[2])
            return {ARGV[1], 'open'}
            """)
}
