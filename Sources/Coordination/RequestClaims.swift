package import Logging
package import Redis

/// Tells a request that is enqueued a second time under the same id from one that is delivered a second time. Confined to its
/// Redis client's loop.
///
/// The first message with an id claims it for a while; a later message with the id is a duplicate, and the same message again is not.
/// The claims are shared through Redis; without it, or while it does not answer, only those of this loop are known, of which the last
/// 100,000 are kept. That finds duplicates with the same key, which Kafka brings to the same partition and so to the same loop.
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
    ///   - origin: what tells the message from all others: topic, partition and offset.
    /// - Returns: nil if the id is this message's, or the origin of the message that claimed it before.
    package func claim(
        _ id: String, tenant: String?, origin: String, isolation: isolated (any Actor)? = #isolation
    ) async -> String? {
        let key = Self.key(id, tenant)
        let local = recent.claim(key, for: origin)
        guard local == origin else { return local }
        guard let redis else { return nil }
        do {
            let holder = try await redis.execute("SET", .string(key), .string(origin), "NX", "GET", "EX", .integer(window))
            isDegraded = false
            guard let holder = holder.string, holder != origin else { return nil }
            return holder
        } catch {
            noteDegraded(error)
            return nil
        }
    }

    /// Gives an id up, as after a failure, so that the request may be enqueued again.
    package func release(_ id: String, tenant: String?, origin: String, isolation: isolated (any Actor)? = #isolation) async {
        let key = Self.key(id, tenant)
        recent.release(key, by: origin)
        do {
            _ = try await redis?.execute("DEL", .string(key))
        } catch {
            noteDegraded(error)
        }
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, duplicate ids are found only among the requests of one event loop")
    }

    /// The hash tag keeps what belongs to one request in one slot of a cluster.
    private static func key(_ id: String, _ tenant: String?) -> String {
        "sy:{\(tenant ?? ""):\(id)}:claim"
    }
}
