internal import EventLoop
package import Redis

/// Finds the message that makes workers crash while they decode it, so that it stops no partition. Confined to its Redis client's loop.
///
/// A worker that crashes takes its partitions' offsets with it, and whoever gets them next meets the same message. So the beginnings
/// of work on a partition are counted in Redis, by the offset at which it began: they go up only as long as nobody gets further. From
/// the third on the worker is careful: it notes each message before it decodes it, and takes the note back afterwards. A message
/// that has been noted twice without that is not decoded a third time.
package final class CrashGuard {
    /// Seconds for which beginnings and notes count.
    private static let lifetime = 3_600
    private static let carefulFrom = 3
    private static let poisonFrom = 3

    private let redis: RedisClient
    private let group: String

    /// - Parameter group: the consumer group, whose workers share what they find.
    package init(redis: RedisClient, group: String) {
        self.redis = redis
        self.group = group
    }

    /// Notes that work on a partition begins, before its first message is decoded.
    ///
    /// - Parameters:
    ///   - partition: in words.
    ///   - offset: the first that is not done.
    /// - Returns: whether to be careful; false if Redis does not answer.
    package func noteBeginning(of partition: String, at offset: Int64, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await count(beginning(partition, offset)) >= Self.carefulFrom
    }

    /// Notes that work on a partition has ended in good order.
    package func noteEnd(of partition: String, begunAt offset: Int64) {
        redis.post("DEL", .string(beginning(partition, offset)))
    }

    /// Notes that a message is about to be decoded.
    ///
    /// - Returns: whether that has gone wrong so often that it is not to be tried again.
    package func noteDecoding(of message: String, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await count(decoding(message)) >= Self.poisonFrom
    }

    /// Notes that a message has been decoded, with whatever result.
    package func noteDecoded(_ message: String) {
        redis.post("DEL", .string(decoding(message)))
    }

    private func count(_ key: String, isolation: isolated (any Actor)? = #isolation) async -> Int {
        guard redis.isAvailable else { return 0 }
        let reply = try? await redis.evaluate(Self.countScript, keys: [.string(key)], arguments: [.integer(Self.lifetime)])
        return reply?.integer ?? 0
    }

    private func beginning(_ partition: String, _ offset: Int64) -> String {
        "sy:{\(group.utf8.count):\(group):\(partition)}:begun:\(offset)"
    }

    private func decoding(_ message: String) -> String { "sy:{\(group.utf8.count):\(group):\(message)}:decoding" }

    private static let countScript = RedisScript(
        name: "count",
        source: """
            local count = redis.call('INCR', KEYS[1])
            redis.call('EXPIRE', KEYS[1], ARGV[1])
            return count
            """)
}
