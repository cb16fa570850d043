internal import Redis

/// The rules of `BucketStore` as scripts. A scope is a hash: by kind the arrival time and when the bucket was last full, `D` and `d` for the
/// day and what was taken in it, and `l` for the line. Redis' clock counts.
enum LimitScripts {
    /// Seconds for which a scope is kept that nobody uses: longer than a day's count.
    static let lifetime = 90_000

    /// `BucketStore.take`: keys are the parts' scopes; arguments are the advance, the number of loops, whether the rest is waited for,
    /// requests, input and output of need and of extra, the lifetime, and for each part the number of its buckets and for each of those
    /// its kind, limit and burst.
    ///
    /// Returns 0, first, last, the three of extra and the time; or 1, the wait, the part, and 1 if it is for all.
    static let take = RedisScript(
        name: "take",
        source: prelude + #"""
            local advance, loops, waited = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
            local need = units(4)
            local extra = units(7)
            local position = 11
            local first, latest, binding, bindingCost = now, now + advance, 1, 0
            local buckets = {}
            for part = 1, #KEYS do
                local count = tonumber(ARGV[position])
                position = position + 1
                for _ = 1, count do
                    local kind, limit, burst = ARGV[position], tonumber(ARGV[position + 1]), tonumber(ARGV[position + 2])
                    position = position + 3
                    local bucket = {part = part, kind = kind, limit = limit, burst = burst, need = need[kind]}
                    if kind == 'd' then
                        bucket.count = counted(KEYS[part])
                        if bucket.need > 0 and bucket.count > 0 and bucket.count + bucket.need > limit then
                            return {1, text((today + 1) * 86400000000 - now), part - 1, bucket.count + 1 > limit and 1 or 0}
                        end
                    else
                        bucket.interval = 60000000 / limit
                        bucket.cost = bucket.need * bucket.interval
                        local arrival, full = level(KEYS[part], kind)
                        if not arrival then
                            arrival, full = math.max(now, now + burst - bucket.cost), now
                        elseif arrival <= now then
                            arrival, full = now, now
                        end
                        bucket.arrival, bucket.full = arrival, full
                        local at = arrival
                        if bucket.cost <= burst then at = at + bucket.cost - burst end
                        if at > first then
                            first, binding, bindingCost = at, part, bucket.cost
                            latest = now + advance + (bucket.cost > burst and burst or 0)
                        end
                    end
                    buckets[#buckets + 1] = bucket
                end
            end
            if first > latest then
                local earliest = first - advance
                local line = tonumber(redis.call('HGET', KEYS[binding], 'l') or nil) or 0
                local come = math.max(earliest, math.min(line, earliest + bindingCost * loops))
                redis.call('HSET', KEYS[binding], 'l', text(come + bindingCost))
                redis.call('EXPIRE', KEYS[binding], ARGV[10])
                return {1, text(come - now), binding - 1, 1}
            end
            local share = 1
            for _, bucket in ipairs(buckets) do
                if extra[bucket.kind] > 0 then
                    local room
                    if bucket.kind == 'd' then
                        room = bucket.limit - bucket.count - bucket.need
                    else
                        local arrival = math.max(bucket.arrival, first) + bucket.cost
                        room = (now + (waited and advance or 0) + bucket.burst - arrival) / bucket.interval
                    end
                    share = math.min(share, room / loops / extra[bucket.kind])
                end
            end
            share = math.max(0, share)
            if extra.r > 0 then share = math.floor(extra.r * share) / extra.r end
            local granted = {r = math.floor(extra.r * share), i = math.floor(extra.i * share), o = math.floor(extra.o * share)}
            granted.t = granted.i + granted.o
            granted.d = granted.t
            local last = first
            for _, bucket in ipairs(buckets) do
                if bucket.kind == 'd' then
                    redis.call('HSET', KEYS[bucket.part], 'd', text(bucket.count + (bucket.need + granted.d)), 'D', today)
                else
                    local arrival = math.max(bucket.arrival, first) + bucket.cost + granted[bucket.kind] * bucket.interval
                    keep(KEYS[bucket.part], bucket.kind, arrival, bucket.full)
                    if granted[bucket.kind] > 0 then last = math.max(last, arrival - bucket.burst) end
                end
            end
            for part = 1, #KEYS do redis.call('EXPIRE', KEYS[part], ARGV[10]) end
            return {0, text(first - now), text(last - now), granted.r, granted.i, granted.o, text(now)}
            """#)

    /// `BucketStore.settle`: the key is the scope; arguments are requests, input and output of the rest and of what is more, when the rest was
    /// taken, the lifetime, and for each bucket its kind, limit and burst.
    static let settle = RedisScript(
        name: "settle",
        source: prelude + #"""
            local rest, more = units(1), units(4)
            local taken = tonumber(ARGV[7])
            for position = 9, #ARGV, 3 do
                local kind, limit, burst = ARGV[position], tonumber(ARGV[position + 1]), tonumber(ARGV[position + 2])
                if kind == 'd' then
                    local change = more.d - (math.floor(taken / 86400000000) == today and rest.d or 0)
                    redis.call('HSET', KEYS[1], 'd', text(math.max(0, counted(KEYS[1]) + change)), 'D', today)
                else
                    local arrival, full = level(KEYS[1], kind)
                    if not arrival then arrival, full = now + burst, now end
                    keep(KEYS[1], kind, arrival + (more[kind] - (taken >= full and rest[kind] or 0)) * (60000000 / limit), full)
                end
            end
            redis.call('EXPIRE', KEYS[1], ARGV[8])
            """#)

    /// `BucketStore.lower`: the key is the scope; arguments are the bucket's kind, limit and burst, the units, microseconds from now and
    /// the lifetime.
    static let lower = RedisScript(
        name: "lower",
        source: prelude + #"""
            local limit, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
            local arrival, full = level(KEYS[1], ARGV[1])
            if not arrival then arrival, full = now + burst, now end
            local least = now + tonumber(ARGV[5]) + burst - tonumber(ARGV[4]) * (60000000 / limit)
            keep(KEYS[1], ARGV[1], math.max(arrival, least), full)
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
        local function level(key, kind)
            local held = redis.call('HGET', key, kind)
            if not held then return nil end
            local arrival, full = string.match(held, '^(%S+) (%S+)$')
            return tonumber(arrival), tonumber(full)
        end
        local function keep(key, kind, arrival, full)
            redis.call('HSET', key, kind, text(arrival) .. ' ' .. text(full))
        end

        """#
}
