internal import Redis

/// The fleet of a group in Redis, by Redis' clock: `FleetRoll` as scripts. Confined to its client's loop.
struct FleetStore {
    private let redis: RedisClient
    /// When each worker was seen, and what it said.
    private let keys: [RedisArgument]
    private let silence: Int

    /// - Parameter silence: after which a worker is gone.
    init(redis: RedisClient, group: String, silence: Duration) {
        self.redis = redis
        keys = [.string("sy:{workers:\(group)}:seen"), .string("sy:{workers:\(group)}:state")]
        self.silence = Int(silence / .milliseconds(1))
    }

    /// `FleetRoll.beat`, and the time in unix milliseconds.
    func beat(
        _ id: String, loops: Int, state: [UInt8], isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> (count: FleetRoll.Count, now: Int64) {
        let reply = try await redis.evaluate(
            Self.beatScript, keys: keys, arguments: [.integer(silence), .string(id), .integer(loops), .bytes(state)])
        guard let parts = reply.array, parts.count == 3, let now = parts[0].integer, let workers = parts[1].integer,
            let loops = parts[2].integer
        else { throw Self.unexpected(Self.beatScript) }
        return (FleetRoll.Count(workers: workers, loops: loops), Int64(now))
    }

    /// `FleetRoll.live`, and the time in unix milliseconds.
    func live(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> (entries: [String: FleetRoll.Entry], now: Int64) {
        let reply = try await redis.evaluate(Self.liveScript, keys: keys, arguments: [.integer(silence)])
        guard let parts = reply.array, let now = parts.first?.integer else { throw Self.unexpected(Self.liveScript) }
        var entries: [String: FleetRoll.Entry] = [:]
        for index in stride(from: 1, to: parts.count - 2, by: 3) {
            guard let id = parts[index].string, let seen = parts[index + 1].integer, let stored = parts[index + 2].bytes,
                let space = stored.firstIndex(of: UInt8(ascii: " ")), let loops = Int(String(decoding: stored[..<space], as: UTF8.self))
            else { continue }
            entries[id] = FleetRoll.Entry(seen: Int64(seen), loops: loops, state: Array(stored[(space + 1)...]))
        }
        return (entries, Int64(now))
    }

    /// `FleetRoll.leave`; waits for nothing, so that it is done for a cancelled task too.
    func leave(_ id: String) {
        redis.post("EVAL", .literal(Self.leaveScript), 2, keys[0], keys[1], .string(id))
    }

    private static func unexpected(_ script: RedisScript) -> RedisError {
        RedisError(.protocolViolation, "Redis answered the script \(script.name) with something else")
    }

    /// Arguments are the silence, and a worker's id, loops and state.
    private static let beatScript = RedisScript(
        name: "worker's heartbeat",
        source: """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[1], now, ARGV[2])
            redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. ARGV[4])
            for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])) do
                redis.call('ZREM', KEYS[1], gone)
                redis.call('HDEL', KEYS[2], gone)
            end
            redis.call('PEXPIRE', KEYS[1], ARGV[1])
            redis.call('PEXPIRE', KEYS[2], ARGV[1])
            local workers, loops = 0, 0
            for _, state in ipairs(redis.call('HVALS', KEYS[2])) do
                workers = workers + 1
                loops = loops + tonumber(string.match(state, '^%d+'))
            end
            return {now, workers, loops}
            """)

    /// The argument is the silence. Returns the time, and id, time seen, and loops with state of each live worker.
    private static let liveScript = RedisScript(
        name: "live workers",
        source: """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local live = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now - ARGV[1]), '+inf', 'WITHSCORES')
            local reply = {now}
            for index = 1, #live, 2 do
                reply[#reply + 1] = live[index]
                reply[#reply + 1] = live[index + 1]
                reply[#reply + 1] = redis.call('HGET', KEYS[2], live[index])
            end
            return reply
            """)

    private static let leaveScript: StaticString = """
        redis.call('ZREM', KEYS[1], ARGV[1])
        redis.call('HDEL', KEYS[2], ARGV[1])
        """
}
