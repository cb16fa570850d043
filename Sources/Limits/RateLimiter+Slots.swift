internal import EventLoop
internal import Redis

/// Calls at once. A loop holds slots of a scope, in Redis, for some seconds at a time, which it renews; those of one that has crashed come
/// free by themselves.
extension RateLimiter {
    /// What the loop has of a scope that allows only so many calls at once.
    struct Slots {
        let limit: Int
        var held = 0
        var used = 0
        var isAsking = false
        /// When to ask again, in microseconds of the loop's clock.
        var comeAt = 0.0
        /// Whether other loops wait for a slot.
        var isWantedElsewhere = false
    }

    /// Milliseconds after which slots that nobody renews come free.
    static let slotLifetime = 10_000
    private static let slotRenewal = Duration.seconds(1)
    /// Microseconds after which a loop that waits for a slot asks again, though nobody told it that one has come free: it counts as waiting
    /// for a second.
    private static let slotPatience = 300_000.0

    func isOpen(_ gate: Route.Gate) -> Bool {
        let slots = slots[gate.scope] ?? Slots(limit: gate.limit)
        return slots.used < (sharedRedis != nil ? slots.held : max(1, gate.limit / loops))
    }

    func mayAskSlot(_ gate: Route.Gate, _ time: Double) -> Bool {
        guard sharedRedis != nil else { return false }
        guard let slots = slots[gate.scope] else { return true }
        return !slots.isAsking && slots.comeAt <= time
    }

    func askSlot(_ gate: Route.Gate) {
        guard let redis = sharedRedis else { return }
        if slots.isEmpty { slotTimer?.arm(after: Self.slotRenewal) }
        slots[gate.scope, default: Slots(limit: gate.limit)].isAsking = true
        statistics.asks += 1
        let wanted = takesInAdvance ? max(1, waiting(for: gate.scope)) : 1
        redis.evaluate(
            SlotScripts.take, keys: SlotScripts.keys(gate.scope),
            arguments: [
                .string(holder), .integer(wanted), .integer(gate.limit), .integer(Self.slotLifetime),
            ]
        ) { [self] result in
            slots[gate.scope]?.isAsking = false
            switch result.map({ $0.array?.compactMap(\.integer) ?? [] }) {
            case .success(let parts) where parts.count == 2:
                let (held, others) = (parts[0], parts[1])
                let isMore = held > slots[gate.scope]?.held ?? 0
                slots[gate.scope]?.held = held
                slots[gate.scope]?.isWantedElsewhere = others > 0
                slots[gate.scope]?.comeAt = isMore ? 0 : now + Self.slotPatience
            case .success: goAlone(RedisError(.protocolViolation, "the script of slots answered something else"))
            case .failure(let error): goAlone(error)
            }
            for target in targets.values { pump(target) }
            giveBack(gate.scope)
        }
    }

    private func waiting(for scope: String) -> Int {
        targets.values.reduce(0) { $0 + ($1.queue.isEmpty ? 0 : $1.count(waitingFor: scope)) }
    }

    /// Notes the end of a call: its slots are free for those that wait here, or elsewhere.
    func leave(_ permit: Permit) {
        guard !permit.route.gates.isEmpty, permit.reserved != .nothing else { return }
        for gate in permit.route.gates {
            slots[gate.scope]?.used -= 1
            giveUpIfWanted(gate.scope)
        }
        for target in targets.values where !target.queue.isEmpty { pump(target) }
        for gate in permit.route.gates { giveBack(gate.scope) }
    }

    /// Gives a slot to other loops that wait for one, where this one has more than its share; its only one, where there are fewer than loops.
    private func giveUpIfWanted(_ scope: String) {
        guard let known = slots[scope], !known.isAsking, known.isWantedElsewhere, known.held > known.limit / loops else { return }
        slots[scope]?.held -= 1
        hold(scope)
    }

    /// Gives back slots that nobody here uses.
    private func giveBack(_ scope: String) {
        // What Redis answers to a question under way would be taken for what is held after that.
        guard let known = slots[scope], !known.isAsking, known.held > known.used, waiting(for: scope) == 0 else { return }
        slots[scope]?.held = known.used
        hold(scope)
    }

    /// Tells Redis how many slots the loop holds from now on.
    private func hold(_ scope: String) {
        guard let redis = sharedRedis, let known = slots[scope] else { return }
        statistics.reports += 1
        redis.evaluate(
            SlotScripts.hold, keys: SlotScripts.keys(scope),
            arguments: [.string(holder), .integer(known.held), .integer(Self.slotLifetime), .integer(known.limit)]
        ) { [self] result in
            guard case .success(let reply) = result, let parts = reply.array, let others = parts.first?.integer else { return }
            slots[scope]?.isWantedElsewhere = others > 0
            if parts.count > 1, let next = parts[1].string { onSlotFree(next, scope) }
        }
    }

    /// To be called when another loop has said that a slot of a scope is free.
    package func noteSlotFree(_ scope: String) {
        guard slots[scope] != nil else { return }
        slots[scope]?.comeAt = 0
        for target in targets.values where !target.queue.isEmpty { pump(target) }
    }

    func renewSlots() {
        for scope in Array(slots.keys) {
            giveBack(scope)
            guard let known = slots[scope], !known.isAsking else { continue }
            if known.held == 0, known.used == 0 {
                slots[scope] = nil
            } else {
                // Those that came into use without Redis are told, too.
                slots[scope]?.held = max(known.held, known.used)
                hold(scope)
            }
        }
        if !slots.isEmpty { slotTimer?.arm(after: Self.slotRenewal) }
    }

    func dropSlots() {
        for scope in slots.keys {
            slots[scope]?.held = 0
            hold(scope)
        }
        slots = [:]
    }
}

/// Slots of a scope in Redis: a hash with the count and the end (milliseconds) of each holder, the loops that wait in the order of their
/// coming, and when each of them was last seen.
enum SlotScripts {
    static func keys(_ scope: String) -> [RedisArgument] {
        [.string("\(scope):slots"), .string("\(scope):waiting"), .string("\(scope):seen")]
    }

    /// Arguments: the holder, how many more it wants, the limit, the lifetime in milliseconds. Returns how many it holds then, and how many
    /// others wait. Those that wait go first.
    static let take = RedisScript(
        name: "take slots",
        source: prelude + #"""
            local taken = 0
            for i = 1, #all, 2 do
                local count, ends = string.match(all[i + 1], '^(%d+) (%d+)$')
                if tonumber(ends) <= now then redis.call('HDEL', KEYS[1], all[i]) else taken = taken + tonumber(count) end
            end
            local free = tonumber(ARGV[3]) - taken
            if free > ahead then
                mine = mine + math.min(tonumber(ARGV[2]), math.max(1, math.floor(free / (others + 1))))
                redis.call('HSET', KEYS[1], ARGV[1], mine .. ' ' .. string.format('%d', now + ARGV[4]))
                redis.call('PEXPIRE', KEYS[1], ARGV[4])
                redis.call('ZREM', KEYS[2], ARGV[1])
                redis.call('HDEL', KEYS[3], ARGV[1])
            else
                redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1])
                redis.call('HSET', KEYS[3], ARGV[1], now)
                redis.call('PEXPIRE', KEYS[2], ARGV[4])
                redis.call('PEXPIRE', KEYS[3], ARGV[4])
            end
            return {mine, others}
            """#)

    /// Arguments: the holder, how many it holds, the lifetime in milliseconds, the limit. Returns how many others wait, and, if a slot is
    /// free, which of them is the next.
    static let hold = RedisScript(
        name: "hold slots",
        source: prelude + #"""
            if ARGV[2] == '0' then
                redis.call('HDEL', KEYS[1], ARGV[1])
            else
                redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%d', now + ARGV[3]))
                redis.call('PEXPIRE', KEYS[1], ARGV[3])
            end
            local taken = tonumber(ARGV[2])
            for i = 1, #all, 2 do
                local count, ends = string.match(all[i + 1], '^(%d+) (%d+)$')
                if all[i] ~= ARGV[1] and tonumber(ends) > now then taken = taken + tonumber(count) end
            end
            if first and taken < tonumber(ARGV[4]) then return {others, first} end
            return {others}
            """#)

    /// Who has not asked for a second waits no more.
    private static let prelude = #"""
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local others, ahead = 0, 0
        local first
        local isAhead = true
        for _, holder in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
            if holder == ARGV[1] then
                isAhead = false
            elseif now - tonumber(redis.call('HGET', KEYS[3], holder) or 0) > 1000 then
                redis.call('ZREM', KEYS[2], holder)
                redis.call('HDEL', KEYS[3], holder)
            else
                others = others + 1
                first = first or holder
                if isAhead then ahead = ahead + 1 end
            end
        end
        local all = redis.call('HGETALL', KEYS[1])
        local mine = 0
        for i = 1, #all, 2 do
            if all[i] == ARGV[1] then
                local count, ends = string.match(all[i + 1], '^(%d+) (%d+)$')
                if tonumber(ends) > now then mine = tonumber(count) end
            end
        end

        """#
}
