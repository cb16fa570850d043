/// The buckets of scopes, and the rules by which something is taken from them. A value without I/O: what `LimitScripts` do in Redis.
///
/// A bucket of a rate is kept as its theoretical arrival time (the generic cell rate algorithm, ITU-T I.371), in microseconds: when all
/// that was taken has come in. It may be `burst` ahead of the present, so that in no time W more is taken than W brings, and the burst.
/// A need that is larger than the burst is let in when the bucket is full, and owed; its place is kept until then. A bucket that nothing
/// is known of has nothing saved up, so that a store that has lost its data causes no burst: only the first need is there.
///
/// What was taken and is not used comes back, unless the bucket has been full since: then it would have overflowed.
struct BucketStore {
    struct Level: Equatable {
        var arrival: Double
        /// When the bucket was seen full for the last time.
        var full: Double
    }

    struct Scope: Equatable {
        /// By the field of the bucket's kind.
        var levels: [BucketSpec.Kind: Level] = [:]
        /// The UTC day, and the tokens taken in it.
        var day = 0.0
        var dayCount = 0.0
        /// Until when those who were to come again have been told to come.
        var line = 0.0
    }

    var scopes: [String: Scope] = [:]

    /// Takes what an ask wants, of all buckets or of none.
    mutating func take(_ ask: LimitAsk, now: Double) -> LimitGrant {
        var (first, latest, binding, bindingCost) = (now, now + ask.advance, 0, 0.0)
        for (index, part) in ask.parts.enumerated() {
            for bucket in part.buckets {
                let need = ask.need[bucket.kind]
                if bucket.kind == .day {
                    let count = dayCount(part.scope, now: now)
                    guard need > 0, count > 0, count + need > bucket.limit else { continue }
                    let midnight = ((now / BucketSpec.day).rounded(.down) + 1) * BucketSpec.day
                    return .comeAgain(after: midnight - now, part: index, isForAll: count + 1 > bucket.limit)
                }
                let cost = need * bucket.interval
                let arrival = level(of: bucket, part.scope, cost: cost, now: now).arrival
                let at = cost <= bucket.burst ? arrival + cost - bucket.burst : arrival
                guard at > first else { continue }
                (first, binding, bindingCost) = (at, index, cost)
                latest = now + ask.advance + (cost > bucket.burst ? bucket.burst : 0)
            }
        }
        guard first <= latest else {
            let earliest = first - ask.advance
            // Those who were told a time and do not come must not hold up the others for long.
            let line = min(scopes[ask.parts[binding].scope]?.line ?? 0, earliest + bindingCost * Double(ask.loops))
            let come = max(earliest, line)
            scopes[ask.parts[binding].scope, default: Scope()].line = come + bindingCost
            return .comeAgain(after: come - now, part: binding, isForAll: true)
        }
        let share = share(of: ask, first: first, now: now)
        let extra = (ask.extra * share).rounded
        var last = first
        for part in ask.parts {
            for bucket in part.buckets {
                if bucket.kind == .day {
                    add(ask.need[bucket.kind] + extra[bucket.kind], toDayOf: part.scope, now: now)
                    continue
                }
                let cost = ask.need[bucket.kind] * bucket.interval
                var level = level(of: bucket, part.scope, cost: cost, now: now)
                level.arrival = max(level.arrival, first) + cost + extra[bucket.kind] * bucket.interval
                scopes[part.scope, default: Scope()].levels[bucket.kind] = level
                if extra[bucket.kind] > 0 { last = max(last, level.arrival - bucket.burst) }
            }
        }
        return .granted(first: first - now, last: last - now, extra: extra, at: now)
    }

    /// Puts right what was taken: gives back what was not used, and notes what was used beyond it.
    mutating func settle(_ scope: String, _ buckets: [BucketSpec], _ settlement: Settlement, now: Double) {
        for bucket in buckets {
            let (rest, more) = (settlement.rest[bucket.kind], settlement.more[bucket.kind])
            if bucket.kind == .day {
                let isOfToday = (settlement.taken / BucketSpec.day).rounded(.down) == (now / BucketSpec.day).rounded(.down)
                add(more - (isOfToday ? rest : 0), toDayOf: scope, now: now)
                continue
            }
            var level = scopes[scope]?.levels[bucket.kind] ?? Level(arrival: now + bucket.burst, full: now)
            level.arrival += (more - (settlement.taken >= level.full ? rest : 0)) * bucket.interval
            scopes[scope, default: Scope()].levels[bucket.kind] = level
        }
    }

    /// Sees to it that no more is there than so many units, or nothing until some time.
    mutating func lower(_ scope: String, _ bucket: BucketSpec, to units: Double, at time: Double, now: Double) {
        var level = scopes[scope]?.levels[bucket.kind] ?? Level(arrival: now + bucket.burst, full: now)
        level.arrival = max(level.arrival, time + bucket.burst - units * bucket.interval)
        scopes[scope, default: Scope()].levels[bucket.kind] = level
    }

    // MARK: One bucket

    /// As it is now: an arrival in the past is as good as one now, and the bucket full.
    private func level(of bucket: BucketSpec, _ scope: String, cost: Double, now: Double) -> Level {
        guard let known = scopes[scope]?.levels[bucket.kind] else { return Level(arrival: max(now, now + bucket.burst - cost), full: now) }
        return known.arrival > now ? known : Level(arrival: now, full: now)
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
    private func share(of ask: LimitAsk, first: Double, now: Double) -> Double {
        var share = 1.0
        for part in ask.parts {
            for bucket in part.buckets where ask.extra[bucket.kind] > 0 {
                let need = ask.need[bucket.kind]
                let room: Double
                if bucket.kind == .day {
                    room = bucket.limit - dayCount(part.scope, now: now) - need
                } else {
                    let cost = need * bucket.interval
                    let arrival = max(level(of: bucket, part.scope, cost: cost, now: now).arrival, first) + cost
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
    /// The need is there after `first` microseconds, all of `extra` after `last`; taken at that time of the store's clock.
    case granted(first: Double, last: Double, extra: Need, at: Double)
    /// Not yet, for the sake of the part with that number; smaller needs neither, if it is for all.
    case comeAgain(after: Double, part: Int, isForAll: Bool)
}

/// What is to be put right of what was taken.
struct Settlement: Equatable {
    /// What was taken and is not used.
    var rest = Need.nothing
    /// What was used beyond what was taken.
    var more = Need.nothing
    /// When the first of `rest` was taken, by the store's clock.
    var taken = 0.0
}

extension Need {
    /// In whole units.
    var rounded: Need {
        Need(requests: requests.rounded(.down), input: input.rounded(.down), output: output.rounded(.down))
    }
}
