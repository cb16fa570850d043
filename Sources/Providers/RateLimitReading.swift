/// What a provider says of one of the limits it keeps to.
package struct RateLimitReading: Hashable, Sendable {
    package enum Unit: Hashable, Sendable {
        case requests
        case tokens
        case inputTokens
        case outputTokens
    }

    package enum Window: Hashable, Sendable {
        case minute
        case hour
        case day
        /// The provider does not say.
        case unknown
    }

    package let unit: Unit
    package let window: Window
    package let limit: Int?
    package let remaining: Int?
    /// Milliseconds until the limit is whole again; nil if the provider does not say.
    package let resetMilliseconds: Int?

    /// Takes the values as a provider sends them: a negative limit says nothing, and times beyond a week are not believed.
    package init(unit: Unit, window: Window = .unknown, limit: Int?, remaining: Int?, resetMilliseconds: Int?) {
        self.unit = unit
        self.window = window
        self.limit = limit.flatMap { $0 < 0 ? nil : $0 }
        self.remaining = remaining.map { max($0, 0) }
        self.resetMilliseconds = resetMilliseconds.map { min(max($0, 0), Int(RetryAfter.limit)) }
    }
}

extension [RateLimitReading] {
    /// How long to wait, in milliseconds, until every limit that is used up is whole again; nil if none is, or it is not said.
    package var exhaustedFor: Int? {
        self.compactMap { $0.remaining.map { $0 <= 0 } == true ? $0.resetMilliseconds : nil }.max()
    }
}
