/// A limit of requests a minute: a bucket that holds a minute's requests, is full at first, and refills evenly.
///
/// Kept as the time at which it will be full again, in whole nanoseconds, so that nothing drifts.
package struct TokenBucket: Hashable, Sendable {
    /// What came of asking for a request, and how the bucket stands after it.
    package struct Reading: Hashable, Sendable {
        package let isAdmitted: Bool
        package let limit: Int
        package let remaining: Int
        package let timeUntilFull: Duration
        /// Zero if a further request would be admitted now.
        package let retryAfter: Duration
    }

    private let limit: Int
    private let interval: Int64
    private var fullAt = Int64.min / 2

    /// - Parameter requestsPerMinute: 1 to 10,000,000.
    package init(requestsPerMinute: Int) {
        limit = requestsPerMinute
        interval = 60_000_000_000 / Int64(requestsPerMinute)
    }

    /// Takes a request out of the bucket, if one is in it.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package mutating func take(now: Int64) -> Reading {
        let size = interval * Int64(limit)
        let next = max(fullAt, now) + interval
        let isAdmitted = next - now <= size
        if isAdmitted { fullAt = next }
        let missing = max(fullAt - now, 0)
        return Reading(
            isAdmitted: isAdmitted, limit: limit, remaining: Int((size - missing) / interval), timeUntilFull: .nanoseconds(missing),
            retryAfter: .nanoseconds(max(missing + interval - size, 0)))
    }
}
