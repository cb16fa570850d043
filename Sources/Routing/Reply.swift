package import Envelope
package import HTTP
package import Providers

/// What came of a request at the providers.
package struct Reply {
    package enum Outcome {
        /// The answer, and the response whose body its ranges refer to.
        case answered(ProviderResult, HTTPResponse)
        case failed(ProviderError)
        /// Failed so far; it is to be tried again after some milliseconds, which are too many to keep it here.
        case postponed(ProviderError, after: Double)
        /// The task was cancelled: nothing is to be published, and the message stays undone.
        case cancelled
    }

    package let outcome: Outcome
    /// The calls made, in order, those of earlier visits among them.
    package let attempts: [Attempt]
    /// Milliseconds within calls.
    package let providerMilliseconds: Double
    /// Milliseconds of waiting between calls.
    package let waitedMilliseconds: Double
    /// The last call of this visit; nil if none was made.
    package let lastCall: ProviderCall?
    /// What the answers of this visit took, also those that were not good enough; nil if there was none.
    package let spent: Usage?

    package init(
        outcome: Outcome, attempts: [Attempt], providerMilliseconds: Double = 0, waitedMilliseconds: Double = 0,
        lastCall: ProviderCall? = nil, spent: Usage? = nil
    ) {
        self.outcome = outcome
        self.attempts = attempts
        self.providerMilliseconds = providerMilliseconds
        self.waitedMilliseconds = waitedMilliseconds
        self.lastCall = lastCall
        self.spent = spent
    }
}

/// What one provider call tells of how much the provider can take.
package struct ProviderCall: Sendable {
    package let milliseconds: Double
    /// Whether the provider had too much to do: it said so, or did not answer in time.
    package let isOverload: Bool
}
