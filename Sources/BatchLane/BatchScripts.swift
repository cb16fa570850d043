internal import Redis

/// What has to happen at once in Redis. Entries and bodies are named by a prefix, since a script touches many of them; all keys have one
/// hash tag.
enum BatchScripts {
    /// Puts a request into a queue: keys are its entry, its body, the queue's list and the set of queues; arguments are the letter that its
    /// entry may have (nothing for no entry), the body, now, milliseconds to keep it, the queue's name and its own.
    static let enter = RedisScript(
        name: "batch enter",
        source: """
            if redis.call('GETRANGE', KEYS[1], 0, 0) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[4])
            redis.call('SET', KEYS[1], 'p' .. ARGV[5], 'PX', ARGV[4])
            redis.call('ZADD', KEYS[3], 'NX', ARGV[3], ARGV[6])
            redis.call('SADD', KEYS[4], ARGV[5])
            return 1
            """)

    /// Takes a request out of the lane: keys are its entry, its body and its queue's list; arguments are the letters that its entry may
    /// have, the entry to be, milliseconds to keep it and its name.
    static let leave = RedisScript(
        name: "batch leave",
        source: """
            local held = redis.call('GETRANGE', KEYS[1], 0, 0)
            if held ~= '' and not string.find(ARGV[1], held, 1, true) then return 0 end
            redis.call('ZREM', KEYS[3], ARGV[4])
            redis.call('UNLINK', KEYS[2])
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """)

    /// Asks for a batch to be cancelled: keys are the set of such, the batches, and an entry; arguments are the batch's name, the entry of a
    /// request that is in it, what that is to be if there is no such batch any more, and milliseconds to keep it.
    static let cancel = RedisScript(
        name: "batch cancel",
        source: """
            if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
                redis.call('SADD', KEYS[1], ARGV[1])
                return 1
            end
            if redis.call('GET', KEYS[3]) == ARGV[2] then redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4]) end
            return 0
            """)

    /// All there is to do: keys are the set of queues, the batches and those to be cancelled; the argument is the prefix of queues' lists.
    ///
    /// Returns for each queue its name, how many wait in it, and since when; then the batches and their names in turn; then the names of
    /// those to be cancelled.
    static let look = RedisScript(
        name: "batch look",
        source: """
            local queues = {}
            for _, queue in ipairs(redis.call('SMEMBERS', KEYS[1])) do
                local list = ARGV[1] .. queue
                local oldest = redis.call('ZRANGE', list, 0, 0, 'WITHSCORES')
                queues[#queues + 1] = {queue, redis.call('ZCARD', list), oldest[2] or '0'}
            end
            return {queues, redis.call('HGETALL', KEYS[2]), redis.call('SMEMBERS', KEYS[3])}
            """)

    /// Moves requests from a queue into a batch, the oldest first: keys are the queue's list, the set of queues, the batches and the
    /// batch's list; arguments are the queue's name, the batch's, the batch as it is stored, the prefixes of entries and bodies, how many
    /// requests and bytes there is room for, what a request costs beside its body, and milliseconds to keep what is kept.
    ///
    /// Returns how many were moved, their bytes, and whether there may be more that fit. Nothing is put into a batch that another has taken for
    /// complete.
    static let gather = RedisScript(
        name: "batch gather",
        source: """
            local held = redis.call('HGET', KEYS[3], ARGV[2])
            if held and held ~= ARGV[3] then return {0, 0, 0} end
            local moved, bytes, more = 0, 0, 1
            local names = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[6]) - 1)
            for _, name in ipairs(names) do
                local entry, body = ARGV[4] .. name, ARGV[5] .. name
                local size = redis.call('STRLEN', body)
                if size == 0 or redis.call('GETRANGE', entry, 0, 0) ~= 'p' then
                    redis.call('ZREM', KEYS[1], name)
                    if redis.call('GETRANGE', entry, 0, 0) == 'p' then redis.call('SET', entry, 'nbusy', 'PX', ARGV[9]) end
                elseif bytes + size + tonumber(ARGV[8]) > tonumber(ARGV[7]) then
                    more = 0
                    break
                else
                    redis.call('ZREM', KEYS[1], name)
                    redis.call('RPUSH', KEYS[4], name)
                    redis.call('SET', entry, 'b' .. ARGV[2], 'PX', ARGV[9])
                    moved = moved + 1
                    bytes = bytes + size + tonumber(ARGV[8])
                end
            end
            if moved > 0 then
                redis.call('PEXPIRE', KEYS[4], ARGV[9])
                redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
            end
            if redis.call('EXISTS', KEYS[1]) == 0 then
                redis.call('SREM', KEYS[2], ARGV[1])
                more = 0
            end
            return {moved, bytes, more}
            """)

    /// Stores a batch: keys are the batches and the batch's lease; arguments are the lease's token, the batch's name, and the batch.
    ///
    /// Returns 0 if the lease is another's, or the batch is gone.
    static let put = RedisScript(
        name: "batch put",
        source: """
            if redis.call('GET', KEYS[2]) ~= ARGV[1] or redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return 0 end
            redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
            return 1
            """)

    /// The bodies of a batch's requests in turn, each empty if it is gone: the key is the batch's list; arguments are the prefix of bodies,
    /// the number of the first, and after how many bytes there are enough.
    static let bodies = RedisScript(
        name: "batch bodies",
        source: """
            local bodies, bytes, first = {}, 0, tonumber(ARGV[2])
            while true do
                local names = redis.call('LRANGE', KEYS[1], first, first + 31)
                if #names == 0 then return bodies end
                for _, name in ipairs(names) do
                    local body = redis.call('GET', ARGV[1] .. name) or ''
                    bodies[#bodies + 1] = body
                    bytes = bytes + #body
                    if bytes >= tonumber(ARGV[3]) then return bodies end
                end
                first = first + #names
            end
            """)

    /// Gives requests of a batch their results: the key is the batch's lease; arguments are its token, the prefixes of entries and bodies, the
    /// batch's name, milliseconds to keep the results, and requests and results in turn. What has left the batch meanwhile gets none.
    ///
    /// Returns 0 if the lease is another's.
    static let settle = RedisScript(
        name: "batch settle",
        source: """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            for index = 6, #ARGV, 2 do
                local entry = ARGV[2] .. ARGV[index]
                if redis.call('GETRANGE', entry, 0, #ARGV[4]) == 'b' .. ARGV[4] then
                    redis.call('SET', entry, ARGV[index + 1], 'PX', ARGV[5])
                    redis.call('UNLINK', ARGV[3] .. ARGV[index])
                end
            end
            return 1
            """)

    /// Lets those requests of a batch go that have no result: keys are the batch's list and its lease; arguments are the lease's token, the prefixes
    /// of entries and bodies, the batch's name, the entry to be, milliseconds to keep it, and the first and last of the requests.
    ///
    /// Returns how many were looked at, or -1 if the lease is another's.
    static let release = RedisScript(
        name: "batch release",
        source: """
            if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -1 end
            local names = redis.call('LRANGE', KEYS[1], ARGV[7], ARGV[8])
            for _, name in ipairs(names) do
                local entry = ARGV[2] .. name
                if redis.call('GETRANGE', entry, 0, #ARGV[4]) == 'b' .. ARGV[4] then
                    redis.call('SET', entry, ARGV[5], 'PX', ARGV[6])
                    redis.call('UNLINK', ARGV[3] .. name)
                end
            end
            return #names
            """)

    /// Forgets a batch: keys are the batches, those to be cancelled, the batch's list and its lease; arguments are the lease's token and the batch's
    /// name.
    static let forget = RedisScript(
        name: "batch forget",
        source: """
            if redis.call('GET', KEYS[4]) ~= ARGV[1] then return 0 end
            redis.call('HDEL', KEYS[1], ARGV[2])
            redis.call('SREM', KEYS[2], ARGV[2])
            redis.call('UNLINK', KEYS[3])
            return 1
            """)

    /// Keeps a lease: the key is the lease, arguments are its token and milliseconds.
    static let extend = RedisScript(
        name: "batch extend",
        source: """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
            """)

    /// Gives a lease back: the key is the lease, the argument its token.
    static let giveBack = RedisScript(
        name: "batch give back",
        source: """
            if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
            return 1
            """)
}
