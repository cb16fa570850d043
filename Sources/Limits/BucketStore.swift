/// The buckets of scopes, and the rules by which something is taken from them. A value without I/O: what `LimitScripts` do in Redis.
///
/// A bucket of a rate is kept as its theoretical arrival time (the generic cell rate algorithm, ITU-T I.371), in microseconds: when all
/// that was taken has come in. It may be `burst` ahead of the present, so that in no time W more is taken than W brings, and the burst.
/// A need that is larger than the burst is let in when the bucket is full, and owed. A bucket that nothing is known of has nothing
/// saved up, so that a store that has lost its data causes no burst: only the first need is there.
struct BucketStore {
    struct Scope: Equatable {
        /// By the field of the bucket's kind.
        var arrivals: [BucketSpec.Kind: Double] = [:]
        /// The UTC day, and the tokens taken in it.
        var day = 0.0
        var dayCount = 0.0
        /// Until when those who were to come again have been told to come.
        var line = 0.0
    }

    var scopes: [String: Scope] = [:]

    /// Takes what an ask wants, of all buckets or of none.
    mutating func take(_ ask: LimitAsk, now: Double) -> LimitGrant {
        var first = now
        var binding = -1
        var cost = 0.0
        for (index, part) in ask.parts.enumerated() {
            for bucket in part.buckets {
                let at = earliest(bucket, part.scope, need: ask.need[bucket.kind], now: now)
                if at > first {
                    first = at
                    binding = index
                    cost = bucket.kind == .day ? 0 : ask.need[bucket.kind] * bucket.interval
                }
            }
        }
        guard first <= now + ask.advance else {
            let come = max(first - ask.advance, scopes[ask.parts[binding].scope]?.line ?? 0)
            scopes[ask.parts[binding].scope, default: Scope()].line = come + cost
            return .comeAgain(after: come - now, part: binding)
        }
        let share = share(of: ask, now: now)
        let extra = (ask.extra * share).rounded
        var last = first
        for part in ask.parts {
            for bucket in part.buckets {
                let taken = ask.need[bucket.kind] + extra[bucket.kind]
                if bucket.kind == .day {
                    add(taken, toDayOf: part.scope, now: now)
                    continue
                }
                let arrival = arrival(bucket, part.scope, need: ask.need[bucket.kind], now: now) + taken * bucket.interval
                scopes[part.scope, default: Scope()].arrivals[bucket.kind] = arrival
                if extra[bucket.kind] > 0 { last = max(last, arrival - bucket.burst) }
            }
        }
        return .granted(first: first - now, last: last - now, extra: extra)
    }

    /// Puts right what was taken: gives back, or notes what more was used.
    mutating func settle(_ scope: String, _ buckets: [BucketSpec], by change: Need, now: Double) {
        for bucket in buckets {
            let units = change[bucket.kind]
            if bucket.kind == .day {
                add(units, toDayOf: scope, now: now)
            } else {
                let arrival = scopes[scope]?.arrivals[bucket.kind] ?? now + bucket.burst
                scopes[scope, default: Scope()].arrivals[bucket.kind] = arrival + units * bucket.interval
            }
        }
    }

    /// Sees to it that no more is there than so many units, or nothing until some time.
    mutating func lower(_ scope: String, _ bucket: BucketSpec, to units: Double, at time: Double, now: Double) {
        let arrival = scopes[scope]?.arrivals[bucket.kind] ?? now + bucket.burst
        scopes[scope, default: Scope()].arrivals[bucket.kind] = max(arrival, time + bucket.burst - units * bucket.interval)
    }

    // MARK: One bucket

    private func earliest(_ bucket: BucketSpec, _ scope: String, need: Double, now: Double) -> Double {
        if bucket.kind == .day {
            let count = dayCount(scope, now: now)
            if need <= 0 || count + need <= bucket.limit || count == 0 { return now }
            return ((now / BucketSpec.day).rounded(.down) + 1) * BucketSpec.day
        }
        let arrival = arrival(bucket, scope, need: need, now: now)
        let cost = need * bucket.interval
        return cost <= bucket.burst ? arrival + cost - bucket.burst : arrival
    }

    /// When all that was taken has come in; not before now.
    private func arrival(_ bucket: BucketSpec, _ scope: String, need: Double, now: Double) -> Double {
        let known = scopes[scope]?.arrivals[bucket.kind]
        return max(now, known ?? now + bucket.burst - need * bucket.interval)
    }

    private func dayCount(_ scope: String, now: Double) -> Double {
        guard let known = scopes[scope], known.day == (now / BucketSpec.day).rounded(.down) else { return 0 }
        return known.dayCount
    }

    private mutating func add(_ units: Double, toDayOf scope: String, now: Double) {
        let count = max(0, dayCount(scope, now: now) + units)
        scopes[scope, default: Scope()].dayCount = count
        scopes[scope, default: Scope()].day = (now / BucketSpec.day).rounded(.down)
    }

    /// The part of what is wanted beyond the need that is there, for one of so many loops.
    private func share(of ask: LimitAsk, now: Double) -> Double {
        var share = 1.0
        for part in ask.parts {
            for bucket in part.buckets where ask.extra[bucket.kind] > 0 {
                let need = ask.need[bucket.kind]
                let room: Double
                if bucket.kind == .day {
                    room = bucket.limit - dayCount(part.scope, now: now) - need
                } else {
                    let arrival = arrival(bucket, part.scope, need: need, now: now) + need * bucket.interval
                    room = (now + (ask.isWaitedFor ? ask.advance : 0) + bucket.burst - arrival) / bucket.interval
                }
                share = min(share, room / Double(ask.loops) / ask.extra[bucket.kind])
            }
        }
        // Tokens are of no use without a request.
        let requests = ask.extra.requests
        return requests > 0 ? max(0, (requests * share).rounded(.down)) / requests : max(0, share)
    }
}

/// What an event loop wants of the buckets of one call.
struct LimitAsk {
    struct Part {
        let scope: String
        let buckets: [BucketSpec]
    }

    var parts: [Part]
    /// Of the call that is next.
    var need: Need
    /// Of those behind it, or of those that are expected; as much as is there.
    var extra: Need
    /// Whether `extra` is of calls that wait, for which something may be taken that is still to come in.
    var isWaitedFor: Bool
    /// How long before its use something may be taken, in microseconds.
    var advance: Double
    /// How many loops share what is there; at least 1.
    var loops: Int
}

enum LimitGrant: Equatable {
    /// The need is there after `first` microseconds, all of `extra` after `last`.
    case granted(first: Double, last: Double, extra: Need)
    /// Not yet, for the sake of the part with that number.
    case comeAgain(after: Double, part: Int)
}

extension Need {
    /// In whole units.
    var rounded: Need {
        Need(requests: requests.rounded(.down), input: input.rounded(.down), output: output.rounded(.down))
    }
}
