internal import Redis

/// The rules of `BucketStore` as scripts. A scope is a hash: the arrival times by kind, `D` and `d` for the day and what was taken in it,
/// and `l` for the line. Redis' clock counts.
enum LimitScripts {
    /// Seconds for which a scope is kept that nobody uses: longer than a day's count.
    static let lifetime = 90_000

    /// `BucketStore.take`: keys are the parts' scopes; arguments are the advance, the number of loops, whether the rest is waited for,
    /// requests, input and output of need and of extra, the lifetime, and for each part the number of its buckets and for each of those
    /// its kind, limit and burst.
    ///
    /// Returns 0, first, last and the three of extra; or 1, the wait and the part.
    static let take = RedisScript(
        name: "take",
        source: prelude + #"""
            local advance, loops, waited = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
            local need = units(4)
            local extra = units(7)
            local position = 11
            local first, binding, bindingCost = now, 0, 0
            local share = 1
            local buckets = {}
            for part = 1, #KEYS do
                local count = tonumber(ARGV[position])
                position = position + 1
                for _ = 1, count do
                    local kind, limit, burst = ARGV[position], tonumber(ARGV[position + 1]), tonumber(ARGV[position + 2])
                    position = position + 3
                    local bucket = {part = part, kind = kind, burst = burst, need = need[kind]}
                    local at, room
                    if kind == 'd' then
                        bucket.count = counted(KEYS[part])
                        at = now
                        if bucket.need > 0 and bucket.count > 0 and bucket.count + bucket.need > limit then at = (today + 1) * 86400000000 end
                        room = limit - bucket.count - bucket.need
                        bucket.cost = 0
                    else
                        bucket.interval = 60000000 / limit
                        bucket.cost = bucket.need * bucket.interval
                        local known = tonumber(redis.call('HGET', KEYS[part], kind) or nil)
                        bucket.arrival = math.max(now, known or now + burst - bucket.cost)
                        at = bucket.arrival
                        if bucket.cost <= burst then at = at + bucket.cost - burst end
                        room = (now + (waited and advance or 0) + burst - (bucket.arrival + bucket.cost)) / bucket.interval
                    end
                    if at > first then first, binding, bindingCost = at, part, bucket.cost end
                    if extra[kind] > 0 then share = math.min(share, room / loops / extra[kind]) end
                    buckets[#buckets + 1] = bucket
                end
            end
            if first > now + advance then
                local line = tonumber(redis.call('HGET', KEYS[binding], 'l') or nil) or 0
                local come = math.max(first - advance, line)
                redis.call('HSET', KEYS[binding], 'l', text(come + bindingCost))
                redis.call('EXPIRE', KEYS[binding], ARGV[10])
                return {1, text(come - now), binding - 1}
            end
            share = math.max(0, share)
            if extra.r > 0 then share = math.floor(extra.r * share) / extra.r end
            local granted = {r = math.floor(extra.r * share), i = math.floor(extra.i * share), o = math.floor(extra.o * share)}
            granted.t = granted.i + granted.o
            granted.d = granted.t
            local last = first
            for _, bucket in ipairs(buckets) do
                local taken = bucket.need + granted[bucket.kind]
                if bucket.kind == 'd' then
                    redis.call('HSET', KEYS[bucket.part], 'd', text(bucket.count + taken), 'D', today)
                else
                    local arrival = bucket.arrival + taken * bucket.interval
                    redis.call('HSET', KEYS[bucket.part], bucket.kind, text(arrival))
                    if granted[bucket.kind] > 0 then last = math.max(last, arrival - bucket.burst) end
                end
                redis.call('EXPIRE', KEYS[bucket.part], ARGV[10])
            end
            return {0, text(first - now), text(last - now), granted.r, granted.i, granted.o}
            """#)

    /// `BucketStore.settle`: the key is the scope; arguments are requests, input and output of the change, the lifetime, and for each bucket
    /// its kind, limit and burst.
    static let settle = RedisScript(
        name: "settle",
        source: prelude + #"""
            local change = units(1)
            for position = 5, #ARGV, 3 do
                local kind, limit, burst = ARGV[position], tonumber(ARGV[position + 1]), tonumber(ARGV[position + 2])
                if kind == 'd' then
                    redis.call('HSET', KEYS[1], 'd', text(math.max(0, counted(KEYS[1]) + change.d)), 'D', today)
                else
                    local arrival = tonumber(redis.call('HGET', KEYS[1], kind) or nil) or now + burst
                    redis.call('HSET', KEYS[1], kind, text(arrival + change[kind] * 60000000 / limit))
                end
            end
            redis.call('EXPIRE', KEYS[1], ARGV[4])
            """#)

    /// `BucketStore.lower`: the key is the scope; arguments are the bucket's kind, limit and burst, the units, microseconds from now and
    /// the lifetime.
    static let lower = RedisScript(
        name: "lower",
        source: prelude + #"""
            local limit, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
            local arrival = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or nil) or now + burst
            local least = now + tonumber(ARGV[5]) + burst - tonumber(ARGV[4]) * 60000000 / limit
            redis.call('HSET', KEYS[1], ARGV[1], text(math.max(arrival, least)))
            redis.call('EXPIRE', KEYS[1], ARGV[6])
            """#)

    /// Numbers are kept with all their digits.
    private static let prelude = #"""
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local today = math.floor(now / 86400000000)
        local function text(number) return string.format('%.17g', number) end
        local function units(position)
            local result = {r = tonumber(ARGV[position]), i = tonumber(ARGV[position + 1]), o = tonumber(ARGV[position + 2])}
            result.t = result.i + result.o
            result.d = result.t
            return result
        end
        local function counted(key)
            local held = redis.call('HMGET', key, 'd', 'D')
            if held[2] and tonumber(held[2]) == today then return tonumber(held[1]) end
            return 0
        end

        """#
}
