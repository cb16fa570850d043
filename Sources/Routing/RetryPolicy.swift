/// How often, and after which pause, a failed provider call is tried again. A value without clock or chance of its own.
package struct RetryPolicy: Sendable {
    /// Calls a request may cost, the first among them.
    package let maxAttempts: Int
    /// Milliseconds.
    package let baseDelay: Double
    /// Milliseconds.
    package let maxDelay: Double

    /// Milliseconds.
    private static let longestWait = 60_000.0

    package init(maxAttempts: Int, baseDelay: Double, maxDelay: Double) {
        self.maxAttempts = maxAttempts
        self.baseDelay = baseDelay
        self.maxDelay = maxDelay
    }

    /// The milliseconds to wait before the next attempt; nil if there is to be none.
    ///
    /// Exponential backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and never
    /// earlier than the provider asked for. Who asks for a wait of more than a minute and `maxDelay` is not waited for: the request would
    /// keep its place, and its partition's watermark, all the time.
    ///
    /// - Parameters:
    ///   - attempt: how many attempts were made.
    ///   - retryAfter: milliseconds that the provider asked to wait.
    ///   - remaining: milliseconds until the request's deadline.
    ///   - random: between 0 and 1.
    package func delay(after attempt: Int, isRetryable: Bool, retryAfter: Double?, remaining: Double?, random: Double) -> Double? {
        guard isRetryable, attempt < maxAttempts else { return nil }
        let ceiling = min(maxDelay, baseDelay * Double(1 << min(attempt - 1, 30)))
        let delay = max(ceiling * random, retryAfter ?? 0)
        guard delay <= max(maxDelay, Self.longestWait) else { return nil }
        if let remaining, delay >= remaining { return nil }
        return delay
    }
}
