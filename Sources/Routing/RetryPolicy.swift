/// What becomes of a request whose provider call has failed. Pauses are in milliseconds.
package enum RetryDecision: Equatable, Sendable {
    /// Try again after a pause that may be spent in memory.
    case now(after: Double)
    /// Try again after a pause that is too long for that.
    case later(after: Double)
    /// Give up.
    case never
}

/// How often, and after which pause, a failed provider call is tried again. A value without clock or chance of its own.
package struct RetryPolicy: Sendable {
    /// Calls a request may cost, the first among them.
    package let maxAttempts: Int
    /// Milliseconds from a request's beginning after which it is not tried again; nil if there is no such bound.
    package let maxTotal: Double?
    /// Milliseconds.
    package let baseDelay: Double
    /// Milliseconds.
    package let maxDelay: Double
    /// The longest pause that may be spent in memory, in milliseconds: the request keeps its place, and its partition's watermark, all
    /// the time.
    package let longestInMemory: Double

    package init(maxAttempts: Int, maxTotal: Double?, baseDelay: Double, maxDelay: Double, longestInMemory: Double) {
        self.maxAttempts = maxAttempts
        self.maxTotal = maxTotal
        self.baseDelay = baseDelay
        self.maxDelay = maxDelay
        self.longestInMemory = longestInMemory
    }

    /// Whether a call that failed may be followed by another, if time allows. Who asks first does not burden a `RetryBudget` in vain.
    ///
    /// - Parameter attempt: how many attempts were made.
    package func mayRetry(after attempt: Int, isRetryable: Bool) -> Bool {
        isRetryable && attempt < maxAttempts
    }

    /// Whether, and when, there is to be another attempt.
    ///
    /// Exponential backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), but for a tenth
    /// of the shortest pause, and never earlier than the provider asked for. Beyond the budget it is between half of the longest pause and all of it: a provider that
    /// fails so often is spared, and its requests are kept.
    ///
    /// - Parameters:
    ///   - attempt: how many attempts were made.
    ///   - retryAfter: milliseconds that the provider asked to wait.
    ///   - age: milliseconds since the request was first begun.
    ///   - remaining: milliseconds until the request's deadline.
    ///   - isWithinBudget: what the provider's `RetryBudget` says.
    ///   - random: between 0 and 1.
    package func decision(
        after attempt: Int, isRetryable: Bool, retryAfter: Double?, age: Double, remaining: Double?, isWithinBudget: Bool, random: Double
    ) -> RetryDecision {
        guard mayRetry(after: attempt, isRetryable: isRetryable) else { return .never }
        let ceiling = min(maxDelay, baseDelay * Double(1 << min(attempt - 1, 30)))
        let backoff = isWithinBudget ? max(ceiling * random, baseDelay / 10) : maxDelay * (1 + random) / 2
        let delay = max(backoff, retryAfter ?? 0)
        if let remaining, delay >= remaining { return .never }
        if let maxTotal, age + delay >= maxTotal { return .never }
        return delay <= longestInMemory ? .now(after: delay) : .later(after: delay)
    }
}
