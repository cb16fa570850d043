/// What may be used, by one key of a provider or one tenant. What is nil is not limited.
package struct LimitRates: Sendable, Equatable {
    package var requestsPerMinute: Int?
    /// Input and output together.
    package var tokensPerMinute: Int?
    package var inputTokensPerMinute: Int?
    package var outputTokensPerMinute: Int?
    /// In a UTC day.
    package var tokensPerDay: Int?
    /// Calls at once.
    package var concurrency: Int?
    /// How much of a limit a minute may come at once after a lull, in seconds' worth of it.
    package var burstSeconds: Double

    package init(
        requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, inputTokensPerMinute: Int? = nil, outputTokensPerMinute: Int? = nil,
        tokensPerDay: Int? = nil, concurrency: Int? = nil, burstSeconds: Double = 2
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.inputTokensPerMinute = inputTokensPerMinute
        self.outputTokensPerMinute = outputTokensPerMinute
        self.tokensPerDay = tokensPerDay
        self.concurrency = concurrency
        self.burstSeconds = burstSeconds
    }

    /// Whether anything is limited.
    package var isLimited: Bool {
        requestsPerMinute != nil || tokensPerMinute != nil || inputTokensPerMinute != nil || outputTokensPerMinute != nil
            || tokensPerDay != nil || concurrency != nil
    }
}
