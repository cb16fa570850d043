internal import Redis

/// What the scripts are given, and what they answer.
extension LimitScripts {
    static func arguments(of ask: LimitAsk) -> [RedisArgument] {
        var arguments: [RedisArgument] = [number(ask.advance), .integer(ask.loops), ask.isWaitedFor ? "1" : "0"]
        arguments += units(ask.need) + units(ask.extra)
        arguments.append(.integer(lifetime))
        for part in ask.parts {
            arguments.append(.integer(part.buckets.count))
            for bucket in part.buckets { arguments += words(bucket) }
        }
        return arguments
    }

    static func arguments(of settlement: Settlement, _ buckets: [BucketSpec]) -> [RedisArgument] {
        units(settlement.rest) + units(settlement.more) + [number(settlement.taken), .integer(lifetime)] + buckets.flatMap(words)
    }

    static func arguments(of bucket: BucketSpec, _ units: Double, after microseconds: Double) -> [RedisArgument] {
        words(bucket) + [number(units), number(microseconds), .integer(lifetime)]
    }

    private static func words(_ bucket: BucketSpec) -> [RedisArgument] {
        [.literal(bucket.kind.field), number(bucket.limit), number(bucket.burst)]
    }

    private static func units(_ need: Need) -> [RedisArgument] {
        [number(need.requests), number(need.input), number(need.output)]
    }

    private static func number(_ value: Double) -> RedisArgument {
        Int(exactly: value).map { .integer($0) } ?? .string("\(value)")
    }
}

extension LimitGrant {
    /// Reads what the script `take` has answered; nil if it is something else.
    init?(_ reply: RedisValue) {
        guard let parts = reply.array, let status = parts.first?.integer else { return nil }
        func number(_ index: Int) -> Double? {
            guard index < parts.count else { return nil }
            return parts[index].integer.map(Double.init) ?? parts[index].string.flatMap(Double.init)
        }
        switch status {
        case 0:
            guard let first = number(1), let last = number(2), let requests = number(3), let input = number(4), let output = number(5),
                let time = number(6)
            else { return nil }
            self = .granted(first: first, last: last, extra: Need(requests: requests, input: input, output: output), at: time)
        case 1:
            guard let wait = number(1), let part = number(2), let isForAll = number(3) else { return nil }
            self = .comeAgain(after: wait, part: Int(part), isForAll: isForAll == 1)
        default: return nil
        }
    }
}
