internal import Redis

/// What the cache has in Redis, and how that is changed together. All keys of a group have one hash tag.
///
/// `v:<digest>` has an answer; `f:<digest>` the flight that is to bring it, by its token, for as long as its leader renews it;
/// `w:<digest>` the addresses of the event loops that wait for it; `o:<digest>` how the last one failed, after its token. `lru`, `sizes`
/// and `ends` have when each answer was last wanted (microseconds), its size and its end (milliseconds), and `bytes` the sum of the sizes.
///
/// A leader stores its answer before it ends its flight, and then looks who waits. So whoever has begun a flight and then finds no answer
/// leads it, and whoever is told to wait is on the list before the answer is there.
struct CacheScripts {
    private let prefix: String
    private let prefixes: (value: String, flight: String, waiting: String, failure: String)

    /// Milliseconds after which a flight is another's that nobody renews.
    static let lease = 5_000
    /// Milliseconds for which those who wait can learn how a flight has failed.
    private static let failureLifetime = 10_000
    /// More than there are event loops.
    static let mostWaiting = 100_000

    init(group: String) {
        let prefix = "sy:{cache:\(group)}:"
        self.prefix = prefix
        prefixes = ("\(prefix)v:", "\(prefix)f:", "\(prefix)w:", "\(prefix)o:")
    }

    func value(_ key: CacheKey) -> String { prefixes.value + key.digest }
    func flight(_ key: CacheKey) -> String { prefixes.flight + key.digest }
    func waiting(_ key: CacheKey) -> String { prefixes.waiting + key.digest }
    func failure(_ key: CacheKey) -> String { prefixes.failure + key.digest }

    // MARK: What to ask

    struct Command {
        let script: RedisScript
        let keys: [RedisArgument]
        let arguments: [RedisArgument]
    }

    /// Fetches an answer, or makes the caller the leader of the flight that brings it, or has it wait for another's.
    ///
    /// - Parameters:
    ///   - token: the caller's, if it is to lead, or leads already.
    ///   - awaited: the token of the flight that it has waited for; empty if none.
    ///   - discards: whether what is stored is of no use.
    func begin(_ key: CacheKey, token: String, address: String, awaited: String, discards: Bool) -> Command {
        Command(
            script: Self.begin,
            keys: [.string(value(key)), .string(failure(key)), .string(flight(key)), .string(waiting(key))],
            arguments: [.string(token), .string(address), .integer(Self.lease), .string(awaited), discards ? "1" : "0"])
    }

    func renew(_ flights: [(key: CacheKey, token: String)]) -> Command {
        Command(
            script: Self.renew, keys: flights.map { .string(flight($0.key)) },
            arguments: [.integer(Self.lease)] + flights.map { .string($0.token) })
    }

    /// Ends a flight that has brought nothing.
    ///
    /// - Parameter failure: what those who wait are to learn; nil if one of them is to lead.
    func end(_ key: CacheKey, token: String, failure sealed: [UInt8]?) -> Command {
        Command(
            script: Self.end, keys: [.string(failure(key)), .string(flight(key)), .string(waiting(key))],
            arguments: [.string(token), .integer(Self.failureLifetime), .integer(Self.mostWaiting)] + (sealed.map { [.bytes($0)] } ?? []))
    }

    /// Notes what was stored and what was wanted, and takes out what there is no room for.
    func account(_ stored: [(key: CacheKey, size: Int, seconds: Int)], wanted: [CacheKey], capacity: Int) -> Command {
        var arguments: [RedisArgument] = [.integer(capacity), .string("\(prefix)v:"), .integer(stored.count)]
        for entry in stored { arguments += [.string(entry.key.digest), .integer(entry.size), .integer(entry.seconds * 1_000)] }
        return Command(
            script: Self.account,
            keys: [.string("\(prefix)lru"), .string("\(prefix)sizes"), .string("\(prefix)ends"), .string("\(prefix)bytes")],
            arguments: arguments + wanted.map { .string($0.digest) })
    }

    // MARK: The scripts

    /// Returns 0 (lead); 1 and the value; 2 and how the awaited flight has failed; or 3 and the token of the flight to wait for.
    private static let begin = RedisScript(
        name: "begin a cached request",
        source: #"""
            local value, failure, flight, waiting = unpack(KEYS)
            if ARGV[5] == '1' then
                redis.call('DEL', value)
            else
                local held = redis.call('GET', value)
                if held then return {1, held} end
            end
            if ARGV[4] ~= '' then
                local failed = redis.call('GET', failure)
                if failed and string.sub(failed, 1, #ARGV[4] + 1) == ARGV[4] .. '\n' then return {2, string.sub(failed, #ARGV[4] + 2)} end
            end
            if redis.call('SET', flight, ARGV[1], 'NX', 'PX', ARGV[3]) then return {0} end
            local leader = redis.call('GET', flight)
            if leader == ARGV[1] then return {0} end
            redis.call('RPUSH', waiting, ARGV[2])
            redis.call('PEXPIRE', waiting, ARGV[3] * 12)
            return {3, leader}
            """#)

    private static let renew = RedisScript(
        name: "renew flights",
        source: """
            for index, flight in ipairs(KEYS) do
                if redis.call('GET', flight) == ARGV[index + 1] then redis.call('PEXPIRE', flight, ARGV[1]) end
            end
            """)

    /// Returns the addresses of those who wait.
    private static let end = RedisScript(
        name: "end a flight",
        source: #"""
            if ARGV[4] then redis.call('SET', KEYS[1], ARGV[1] .. '\n' .. ARGV[4], 'PX', ARGV[2]) end
            if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
            return redis.call('LPOP', KEYS[3], ARGV[3])
            """#)

    private static let account = RedisScript(
        name: "account for cached answers",
        source: #"""
            local time = redis.call('TIME')
            local moment = tonumber(time[1]) * 1000000 + tonumber(time[2])
            local now = math.floor(moment / 1000)
            local lru, sizes, ends, bytes = unpack(KEYS)
            local change = 0
            local function forget(digest)
                change = change - (redis.call('HGET', sizes, digest) or 0)
                redis.call('HDEL', sizes, digest)
                redis.call('ZREM', lru, digest)
                redis.call('ZREM', ends, digest)
            end
            local count = tonumber(ARGV[3])
            for index = 4, 3 + 3 * count, 3 do
                local digest, size = ARGV[index], ARGV[index + 1]
                change = change + size - (redis.call('HGET', sizes, digest) or 0)
                redis.call('HSET', sizes, digest, size)
                redis.call('ZADD', lru, moment + index, digest)
                redis.call('ZADD', ends, now + ARGV[index + 2], digest)
            end
            for index = 4 + 3 * count, #ARGV do redis.call('ZADD', lru, 'XX', moment + index, ARGV[index]) end
            for _, old in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 16 + 2 * count)) do forget(old) end
            local total = tonumber(redis.call('GET', bytes) or 0)
            while total + change > tonumber(ARGV[1]) do
                local oldest = redis.call('ZRANGE', lru, 0, 0)[1]
                if not oldest then
                    -- The index was lost: what is not in it ends by itself.
                    redis.call('SET', bytes, 0)
                    return
                end
                redis.call('UNLINK', ARGV[2] .. oldest)
                forget(oldest)
            end
            redis.call('INCRBY', bytes, change)
            """#)
}
