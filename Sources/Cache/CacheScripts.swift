internal import Redis

/// What the cache does in Redis. All keys of a group have one hash tag: `v:<digest>` has an answer; `f:<digest>` the flight that is to bring
/// it, by its token, for as long as its leader renews it; `w:<digest>` the addresses of the event loops that wait for it; `o:<digest>` how
/// the last one failed, after its token. `lru`, `sizes` and `ends` have when each answer was last wanted (microseconds), its size and its end
/// (milliseconds), and `bytes` the sum of the sizes.
struct CacheScripts {
    private let prefix: String

    /// Milliseconds after which a flight is another's that nobody renews.
    static let lease = 5_000
    /// Milliseconds for which those who wait can learn how a flight has failed.
    private static let failureLifetime = 10_000

    init(group: String) {
        prefix = "sy:{cache:\(group)}:"
    }

    /// Under which a value is stored; it is sealed for this name.
    func name(of key: CacheKey) -> String { "\(prefix)v:\(key.digest)" }

    func failureName(of key: CacheKey) -> String { "\(prefix)o:\(key.digest)" }

    private func flight(_ key: CacheKey) -> [RedisArgument] {
        [.string("\(prefix)f:\(key.digest)"), .string("\(prefix)w:\(key.digest)")]
    }

    private var index: [RedisArgument] {
        [.string("\(prefix)lru"), .string("\(prefix)sizes"), .string("\(prefix)ends"), .string("\(prefix)bytes")]
    }

    // MARK: What to ask

    struct Command {
        let script: RedisScript
        let keys: [RedisArgument]
        let arguments: [RedisArgument]
    }

    /// Fetches an answer, or makes the caller the leader of the flight that brings it, or has it wait for another's.
    ///
    /// - Parameters:
    ///   - token: the caller's, if it is to lead.
    ///   - awaited: the token of the flight that it has waited for; empty if none.
    ///   - discards: whether what is stored is of no use.
    func begin(_ key: CacheKey, token: String, address: String, awaited: String, discards: Bool) -> Command {
        Command(
            script: Self.begin,
            keys: [.string(name(of: key)), .string(failureName(of: key))] + flight(key) + index,
            arguments: [
                .string(key.digest), .string(token), .string(address), .integer(Self.lease), .string(awaited), discards ? "1" : "0",
            ])
    }

    func renew(_ flights: [(key: CacheKey, token: String)]) -> Command {
        Command(
            script: Self.renew, keys: flights.map { .string("\(prefix)f:\($0.key.digest)") },
            arguments: [.integer(Self.lease)] + flights.map { .string($0.token) })
    }

    /// Stores an answer, and ends the flight that has brought it.
    ///
    /// - Parameter token: empty if there was no flight.
    func store(_ key: CacheKey, token: String, value: [UInt8], seconds: Int, capacity: Int) -> Command {
        Command(
            script: Self.store, keys: [.string(name(of: key))] + flight(key) + index,
            arguments: [
                .string(key.digest), .string(token), .bytes(value), .integer(seconds * 1_000), .integer(capacity), .string("\(prefix)v:"),
            ])
    }

    /// Ends a flight that has brought nothing.
    ///
    /// - Parameter failure: what those who wait are to learn; nil if one of them is to lead.
    func end(_ key: CacheKey, token: String, failure: [UInt8]?) -> Command {
        Command(
            script: Self.end, keys: [.string(failureName(of: key))] + flight(key),
            arguments: [.string(token), .integer(Self.failureLifetime)] + (failure.map { [.bytes($0)] } ?? []))
    }

    // MARK: The scripts

    /// Returns 0 (lead); 1, the value and the milliseconds it has left; 2 and how the awaited flight has failed; or 3 and the token of the
    /// flight to wait for.
    private static let begin = RedisScript(
        name: "begin a cached request",
        source: clock + #"""
            local value, failure, flight, waiting, lru, sizes, ends, bytes = unpack(KEYS)
            if ARGV[6] == '1' then
                redis.call('DEL', value)
            else
                local held = redis.call('GET', value)
                if held then
                    -- A full Redis refuses this, and still has the answer.
                    redis.pcall('ZADD', lru, 'XX', moment, ARGV[1])
                    return {1, held, redis.call('PTTL', value)}
                end
            end
            if ARGV[5] ~= '' then
                local failed = redis.call('GET', failure)
                if failed and string.sub(failed, 1, #ARGV[5] + 1) == ARGV[5] .. '\n' then return {2, string.sub(failed, #ARGV[5] + 2)} end
            end
            if redis.call('SET', flight, ARGV[2], 'NX', 'PX', ARGV[4]) then return {0} end
            redis.call('SADD', waiting, ARGV[3])
            redis.call('PEXPIRE', waiting, ARGV[4] * 12)
            return {3, redis.call('GET', flight)}
            """#)

    private static let renew = RedisScript(
        name: "renew flights",
        source: """
            for index, flight in ipairs(KEYS) do
                if redis.call('GET', flight) == ARGV[index + 1] then redis.call('PEXPIRE', flight, ARGV[1]) end
            end
            """)

    /// Returns the addresses of those who wait.
    private static let store = RedisScript(
        name: "store a cached answer",
        source: clock + land + #"""
            local value, flight, waiting, lru, sizes, ends, bytes = unpack(KEYS)
            local function forget(digest)
                local size = redis.call('HGET', sizes, digest)
                redis.call('HDEL', sizes, digest)
                redis.call('ZREM', lru, digest)
                redis.call('ZREM', ends, digest)
                return tonumber(redis.call('DECRBY', bytes, size or 0))
            end
            local size = #ARGV[3]
            local capacity = tonumber(ARGV[5])
            if size <= capacity then
                forget(ARGV[1])
                for _, old in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 8)) do forget(old) end
                redis.call('SET', value, ARGV[3], 'PX', ARGV[4])
                redis.call('HSET', sizes, ARGV[1], size)
                redis.call('ZADD', lru, moment, ARGV[1])
                redis.call('ZADD', ends, now + ARGV[4], ARGV[1])
                local total = redis.call('INCRBY', bytes, size)
                while total > capacity do
                    local oldest = redis.call('ZRANGE', lru, 0, 0)[1]
                    if not oldest then break end
                    redis.call('DEL', ARGV[6] .. oldest)
                    total = forget(oldest)
                end
            end
            return land(flight, waiting, ARGV[2])
            """#)

    /// Returns the addresses of those who wait.
    private static let end = RedisScript(
        name: "end a flight",
        source: land + #"""
            if ARGV[3] then redis.call('SET', KEYS[1], ARGV[1] .. '\n' .. ARGV[3], 'PX', ARGV[2]) end
            return land(KEYS[2], KEYS[3], ARGV[1])
            """#)

    private static let clock = #"""
        local time = redis.call('TIME')
        local moment = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local now = math.floor(moment / 1000)

        """#

    private static let land = #"""
        local function land(flight, waiting, token)
            if redis.call('GET', flight) == token then redis.call('DEL', flight) end
            local addresses = redis.call('SMEMBERS', waiting)
            redis.call('DEL', waiting)
            return addresses
        end

        """#
}
