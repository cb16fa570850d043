package import Envelope
package import HTTP
package import Providers

/// What came of a request at the providers.
package struct Reply {
    package enum Outcome {
        /// The answer, and the response whose body its ranges refer to.
        case answered(ProviderResult, HTTPResponse)
        case failed(ProviderError)
        /// The task was cancelled: nothing is to be published, and the message stays undone.
        case cancelled
    }

    package let outcome: Outcome
    /// The calls made, in order.
    package let attempts: [Attempt]
    /// Milliseconds within calls.
    package let providerMilliseconds: Double
    /// Milliseconds of waiting between calls.
    package let waitedMilliseconds: Double
}
