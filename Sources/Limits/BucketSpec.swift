/// What one bucket lets through. Times are in microseconds.
struct BucketSpec: Equatable, Sendable {
    enum Kind: Int, CaseIterable, Sendable {
        case requests, tokens, input, output
        /// Tokens in a UTC day.
        case day

        /// The bucket's field in its scope's hash.
        var field: StaticString {
            switch self {
            case .requests: "r"
            case .tokens: "t"
            case .input: "i"
            case .output: "o"
            case .day: "d"
            }
        }
    }

    let kind: Kind
    /// What is let through in a minute, or for `day` in a day.
    let limit: Double
    /// How much time's worth of it can be saved up; for `day` without meaning.
    let burst: Double

    /// Time that a unit takes to come in.
    var interval: Double { Self.minute / limit }

    static let minute = 60_000_000.0
    static let day = 86_400_000_000.0

    /// The buckets of what has these limits.
    ///
    /// - Parameters:
    ///   - advance: how long before its use something may be taken, which the burst has to make up for.
    ///   - share: the part of everything that counts here.
    static func buckets(of rates: LimitRates, advance: Double, share: Double = 1) -> [BucketSpec] {
        func bucket(_ kind: Kind, _ limit: Int?) -> BucketSpec? {
            guard let limit else { return nil }
            let limited = Double(limit) * share
            // At least one unit must fit in.
            let burst = max(minute / limited, rates.burstSeconds * 1_000_000 - advance)
            return BucketSpec(kind: kind, limit: limited, burst: burst)
        }
        return [
            bucket(.requests, rates.requestsPerMinute), bucket(.tokens, rates.tokensPerMinute), bucket(.input, rates.inputTokensPerMinute),
            bucket(.output, rates.outputTokensPerMinute), bucket(.day, rates.tokensPerDay),
        ].compactMap { $0 }
    }
}

/// What a call takes of buckets.
struct Need: Equatable, Sendable {
    var requests = 1.0
    var input: Double
    var output: Double

    subscript(_ kind: BucketSpec.Kind) -> Double {
        switch kind {
        case .requests: requests
        case .tokens, .day: input + output
        case .input: input
        case .output: output
        }
    }

    static let nothing = Need(requests: 0, input: 0, output: 0)

    static func + (one: Need, other: Need) -> Need {
        Need(requests: one.requests + other.requests, input: one.input + other.input, output: one.output + other.output)
    }

    static func - (one: Need, other: Need) -> Need {
        Need(requests: one.requests - other.requests, input: one.input - other.input, output: one.output - other.output)
    }

    /// What is more than nothing of it.
    var positive: Need { Need(requests: max(0, requests), input: max(0, input), output: max(0, output)) }

    static func * (one: Need, factor: Double) -> Need {
        Need(requests: one.requests * factor, input: one.input * factor, output: one.output * factor)
    }
}
