/// A call that is to be let through.
package struct LimitDemand {
    /// The provider's configured name.
    package var provider: String
    /// As the provider knows it.
    package var model: String
    package var tenant: String
    /// 0 to 9, the highest.
    package var priority: Int
    /// Tokens of input and output that the call is expected to take; asked when its turn comes, for what is expected follows what others
    /// took.
    package var tokens: () -> (input: Int, output: Int)
    /// The numbers of the keys that it may be made with, the best first; asked when it matters.
    package var keys: () -> [Int]

    package init(
        provider: String, model: String, tenant: String?, priority: Int, tokens: @escaping () -> (input: Int, output: Int),
        keys: @escaping () -> [Int]
    ) {
        self.provider = provider
        self.model = model
        self.tenant = tenant ?? ""
        self.priority = priority
        self.tokens = tokens
        self.keys = keys
    }

    var need: Need {
        let (input, output) = tokens()
        return Need(input: Double(input), output: Double(output))
    }
}

/// The right to make one call, with one key. To be settled or cancelled once.
package struct Permit {
    /// The number of the key.
    package let key: Int
    let route: Route
    let reserved: Need
    /// When the first of that was taken, by the store's clock.
    let taken: Double
}

/// What waiting for a permit has come to.
package enum LimitOutcome {
    case granted(Permit)
    /// It would take longer than the request can wait here: so many milliseconds.
    case tooLong(milliseconds: Double)
    /// The request's time was over before its turn came.
    case late
    case cancelled
}

/// What a provider says of one of its limits.
package struct ProviderReading {
    package enum Unit: Sendable { case requests, tokens, inputTokens, outputTokens }

    package let unit: Unit
    package let remaining: Int

    package init(unit: Unit, remaining: Int) {
        self.unit = unit
        self.remaining = remaining
    }
}

/// Whether limits hold for the whole fleet.
package enum LimiterMode: Equatable, Sendable {
    case shared
    /// Redis is away, for this reason.
    case alone(reason: String)
}

/// What a limiter has done so far.
package struct LimiterStatistics: Sendable, Equatable {
    /// Questions to Redis that were waited for.
    package var asks = 0
    /// What Redis was told without waiting.
    package var reports = 0
    package var granted = 0
    /// Of those granted, how many had to wait.
    package var waited = 0

    package init() {}

    package static func + (one: LimiterStatistics, other: LimiterStatistics) -> LimiterStatistics {
        var sum = one
        sum.asks += other.asks
        sum.reports += other.reports
        sum.granted += other.granted
        sum.waited += other.waited
        return sum
    }
}
