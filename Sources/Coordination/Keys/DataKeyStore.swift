internal import Redis

/// The data keys of a group in Redis. Confined to its client's loop.
struct DataKeyStore {
    private let redis: RedisClient
    private let key: RedisArgument

    init(redis: RedisClient, group: String) {
        self.redis = redis
        key = .string("sy:{keys:\(group)}")
    }

    /// The keys, and the time by Redis' clock in unix milliseconds.
    func fetch(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> (ring: WrappedKeyRing, now: Int64) {
        let reply = try await redis.evaluate(Self.fetchScript, keys: [key], arguments: [])
        guard let parts = reply.array, parts.count == 3, let seconds = parts[0].integer, let microseconds = parts[1].integer,
            let fields = parts[2].array
        else { throw RedisError(.protocolViolation, "Redis answered the script \(Self.fetchScript.name) with something else") }
        return (WrappedKeyRing(fields: fields.map { $0.bytes ?? [] }), Int64(seconds) * 1_000 + Int64(microseconds) / 1_000)
    }

    /// `WrappedKeyRing.rotate`.
    func rotate(
        _ rotation: WrappedKeyRing.Rotation, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Bool {
        var arguments: [RedisArgument] = [.string(rotation.previous.map(WrappedKey.field) ?? ""), .string(rotation.key.field)]
        for key in rotation.rewrapped + [rotation.key] { arguments += [.string(key.field), .bytes(key.stored)] }
        return try await redis.evaluate(Self.rotateScript, keys: [key], arguments: arguments).integer == 1
    }

    private static let fetchScript = RedisScript(
        name: "fetch data keys",
        source: """
            local time = redis.call('TIME')
            return {time[1], time[2], redis.call('HGETALL', KEYS[1])}
            """)

    /// Arguments are the newest key's id that the caller has seen, the new one's, and the fields and values to write.
    private static let rotateScript = RedisScript(
        name: "rotate data keys",
        source: """
            if (redis.call('HGET', KEYS[1], 'newest') or '') ~= ARGV[1] then return 0 end
            for index = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
            redis.call('HSET', KEYS[1], 'newest', ARGV[2])
            return 1
            """)
}
