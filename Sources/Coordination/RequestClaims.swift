package import Logging
package import Redis

/// Tells a request that is enqueued a second time under the same id from one that is delivered a second time, and knows of the latter
/// whether it has been answered. Confined to its Redis client's loop.
///
/// The first message with an id claims it for a while; a later message gets it only after the first has failed. The claims are shared
/// through Redis. Without it, or while it does not answer, only those of this loop are known, of which the last 100,000 are kept: that
/// finds duplicates with the same key, which Kafka brings to the same partition and so to the same loop.
package final class RequestClaims {
    private let redis: RedisClient?
    private let window: Int
    private let logger: Logger
    private var recent = RecentClaims(capacity: 100_000)
    private var isDegraded = false

    /// - Parameter window: seconds for which an id is claimed.
    package init(redis: RedisClient?, window: Int, logger: Logger) {
        self.redis = redis
        self.window = window
        self.logger = logger
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
        let key = Self.key(id, tenant)
        let local = recent.claim(key, for: origin)
        guard local == .granted, let redis else { return local }
        let reply: RedisValue
        do {
            reply = try await redis.evaluate(Self.claimScript, keys: [.string(key)], arguments: [.string(origin), .integer(window)])
            isDegraded = false
        } catch {
            noteDegraded(error)
            return .granted
        }
        guard let words = reply.array, words.count == 2, let holder = words[0].string,
            let state = words[1].string.flatMap(Claim.State.init(rawValue:))
        else { return .granted }
        let claim = Claim(origin: holder, state: state)
        if holder != origin || state != .open { recent.correct(key, to: claim) }
        return claim.outcome(for: origin)
    }

    /// Notes that a message has been answered: delivered again, it is done; or, after a failure, that its id may be used again.
    package func finish(
        _ id: String, tenant: String?, origin: String, failed: Bool, isolation: isolated (any Actor)? = #isolation
    ) async {
        let key = Self.key(id, tenant)
        let state: Claim.State = failed ? .failed : .answered
        recent.finish(key, by: origin, as: state)
        guard let redis else { return }
        do {
            _ = try await redis.execute("SET", .string(key), .string("\(state.rawValue) \(origin)"), "EX", .integer(window))
        } catch {
            noteDegraded(error)
        }
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, duplicates are found only among the requests of one event loop")
    }

    /// The hash tag keeps what belongs to one request in one slot of a cluster.
    private static func key(_ id: String, _ tenant: String?) -> String {
        "sy:{\(tenant ?? ""):\(id)}:claim"
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
