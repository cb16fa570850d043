/// How the simulated provider behaves.
package struct SimulationOptions: Hashable, Sendable {
    /// Determines, with each request's prompt, everything that is drawn.
    package var seed: UInt64 = 1

    /// Median of the time to the first token, in milliseconds.
    package var latencyMilliseconds = 200.0

    /// Standard deviation of the latency's logarithm; 0 makes every latency the median.
    package var latencySigma = 0.3

    /// From where to where the latency is drawn evenly, in milliseconds, instead of around the median.
    package var latencyRange: ClosedRange<Double>?

    /// How fast output is made after the latency; 0 makes it at once.
    package var tokensPerSecond = 0.0

    /// Median of the output's length in tokens, which are words.
    package var outputTokens = 60

    /// What goes wrong, and how often.
    package var faults = FaultRates()

    /// What each API key may use.
    package var limits = QuotaLimits()

    /// How long a batch takes.
    package var batchSeconds = 1.0

    /// The only key that is accepted; any, and none, if nil.
    package var apiKey: String?

    package init() {}
}
