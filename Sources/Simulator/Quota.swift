/// What each API key may use.
package struct QuotaLimits: Hashable, Sendable {
    /// 0 if requests are not limited.
    package var requestsPerMinute = 0
    /// Of prompt and answer; 0 if they are not limited.
    package var tokensPerMinute = 0
    /// How much may come at once after a lull, in seconds' worth of the limits.
    package var burstSeconds = 60.0

    package init() {}

    var isLimited: Bool { requestsPerMinute > 0 || tokensPerMinute > 0 }
}

/// How the limits of a key stand. What is nil is not limited.
struct QuotaReading {
    var requests: TokenBucket.Reading?
    var tokens: TokenBucket.Reading?
}

/// The limits of one API key, and what they have let through.
struct Quota {
    private var requests: TokenBucket?
    private var tokens: TokenBucket?
    private var windows = [1, 10, 60].map { SlidingWindow(seconds: $0) }
    private var counts = QuotaStatistics()

    init(_ limits: QuotaLimits) {
        if limits.requestsPerMinute > 0 { requests = TokenBucket(perMinute: limits.requestsPerMinute, burstSeconds: limits.burstSeconds) }
        if limits.tokensPerMinute > 0 { tokens = TokenBucket(perMinute: limits.tokensPerMinute, burstSeconds: limits.burstSeconds) }
    }

    var statistics: QuotaStatistics {
        var statistics = counts
        statistics.most = windows.map { QuotaStatistics.Window(seconds: $0.seconds, requests: $0.mostRequests, tokens: $0.mostTokens) }
        return statistics
    }

    /// Takes a request and its tokens out of both buckets, or nothing out of any.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    mutating func admit(tokens amount: Int, now: Int64) -> (isAdmitted: Bool, reading: QuotaReading) {
        let hasRequest = requests?.holds(1, now: now) ?? true
        let hasTokens = tokens?.holds(amount, now: now) ?? true
        let isAdmitted = hasRequest && hasTokens
        if isAdmitted {
            requests?.take(1)
            tokens?.take(amount)
            for index in windows.indices { windows[index].add(tokens: amount, at: now) }
            counts.add(tokens: amount, at: now)
        } else {
            counts.refused += 1
        }
        return (isAdmitted, QuotaReading(requests: requests?.reading(for: 1), tokens: tokens?.reading(for: amount)))
    }
}
