package import Envelope

/// What a model's tokens cost, in USD per million tokens.
package struct Price: Hashable, Sendable {
    package let input: Double

    /// Price of input that the provider had cached; `nil` where it costs what other input costs.
    package let cachedInput: Double?

    /// Price of input that the provider newly puts into its cache; `nil` where it costs what other input costs.
    package let cacheWrite: Double?

    package let output: Double

    package init(input: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil, output: Double) {
        self.input = input
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.output = output
    }

    /// What a call cost, in USD; never negative.
    ///
    /// Cached tokens, and those newly cached, are a part of the input and reasoning a part of the output, so neither is counted twice.
    package func cost(of usage: Usage) -> Double {
        let input = max(usage.input, 0)
        let cached = min(max(usage.cached, 0), input)
        let written = min(max(usage.cacheWrite, 0), input - cached)
        let output = max(usage.output, 0)
        let inputCost =
            Double(input - cached - written) * self.input + Double(cached) * (cachedInput ?? self.input)
            + Double(written) * (cacheWrite ?? self.input)
        return max((inputCost + Double(output) * self.output) / 1_000_000, 0)
    }
}
