/// Everything that is drawn for one attempt at a prompt, before anything is done.
package struct SimulationPlan: Hashable, Sendable {
    /// What happens instead of an answer, if anything.
    package let fault: Fault?

    /// Time to the first token.
    package let latency: Duration

    /// Length of the answer.
    package let outputTokens: Int

    /// True if the answer would have been longer than the request allows.
    package let isCutByLimit: Bool

    /// What a refusal asks the client to wait.
    package let retryAfterMilliseconds: Int

    /// Names the attempt in identifiers.
    package let identifier: UInt64

    private let tokensPerSecond: Double

    /// - Parameters:
    ///   - options: how the provider behaves.
    ///   - fingerprint: tells the prompt from others.
    ///   - ordinal: how often the same prompt has been seen before.
    ///   - outputLimit: the most output tokens that the request allows.
    ///   - requestedLatency: milliseconds that the prompt asks for, instead of the latency that is drawn.
    ///   - requestedFault: the fault that the prompt asks for, instead of what is drawn.
    ///   - requestedTokens: the length of the answer, instead of the one that is drawn.
    ///   - reasoningTokens: what comes before the answer, and counts as output too.
    package init(
        _ options: SimulationOptions, fingerprint: UInt64, ordinal: UInt64, outputLimit: Int? = nil, requestedLatency: Int? = nil,
        requestedFault: Fault? = nil, requestedTokens: Int? = nil, reasoningTokens: Int = 0
    ) {
        var stream = RandomStream(seed: options.seed, fingerprint: fingerprint, ordinal: ordinal)
        let drawnFault = options.faults.fault(at: stream.unit())
        fault = requestedFault ?? drawnFault
        let drawn = stream.latency(options)
        let milliseconds = requestedLatency.map(Double.init) ?? drawn
        latency = fault?.isImmediate == true ? .zero : Self.duration(seconds: milliseconds / 1000)
        let length = stream.logNormal(median: Double(options.outputTokens), sigma: Self.lengthSigma)
        let wanted = (requestedTokens ?? Int(min(max(length.rounded(), 1), Self.longestOutput))) + reasoningTokens
        outputTokens = min(wanted, outputLimit ?? wanted)
        isCutByLimit = outputTokens < wanted
        retryAfterMilliseconds = 100 + Int(stream.next() % 900)
        identifier = stream.next()
        tokensPerSecond = options.tokensPerSecond
    }

    /// The time from the request's arrival until so many tokens are made.
    package func time(toToken count: Int) -> Duration {
        tokensPerSecond > 0 ? latency + Self.duration(seconds: Double(count) / tokensPerSecond) : latency
    }

    /// How many tokens are made at a time after the request's arrival.
    package func tokens(at elapsed: Duration) -> Int {
        guard tokensPerSecond > 0 else { return outputTokens }
        let made = ((elapsed - latency) / .seconds(1) * tokensPerSecond + Self.roundingError).rounded(.down)
        return Int(min(max(made, 0), Double(outputTokens)))
    }

    /// The tokens that count towards the limit of the key: those of prompt and answer, where there is an answer, whole or not.
    func usedTokens(promptTokens: Int) -> Int {
        switch fault {
        case nil, .malformed, .stall, .truncate, .corrupt, .streamError, .noUsage: promptTokens + outputTokens
        case .serverError, .rateLimited, .overloaded, .disconnected, .auth, .permission, .notFound, .contextLength, .contentFilter, .quota:
            0
        }
    }

    private static func duration(seconds: Double) -> Duration {
        .nanoseconds(Int64(min(seconds, longestTime) * 1e9))
    }

    /// Keeps the time of a token, in whole nanoseconds, from falling just short of it.
    private static let roundingError = 1e-3
    private static let lengthSigma = 0.4
    private static let longestOutput = 100_000.0
    private static let longestTime = 86_400.0
}

extension RandomStream {
    /// Milliseconds to the first token.
    fileprivate mutating func latency(_ options: SimulationOptions) -> Double {
        guard let range = options.latencyRange else { return logNormal(median: options.latencyMilliseconds, sigma: options.latencySigma) }
        return range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }
}
