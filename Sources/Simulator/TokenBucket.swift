/// A limit a minute: a bucket that is full at first and refills evenly.
///
/// What is missing is kept in sixty-billionths, of which each nanosecond brings in as many as the limit, so that nothing is rounded.
package struct TokenBucket: Hashable, Sendable {
    /// How the bucket stands.
    package struct Reading: Hashable, Sendable {
        package let limit: Int
        /// Whole units.
        package let remaining: Int
        package let timeUntilFull: Duration
        /// Until there is as much as was asked for; until it is full if it can never hold that.
        package let retryAfter: Duration

        /// A billion a minute, as providers tell where nothing is limited.
        static let unlimited = Reading(limit: 1_000_000_000, remaining: 999_999_999, timeUntilFull: .zero, retryAfter: .zero)
    }

    private static let unit: Int64 = 60_000_000_000

    private let limit: Int64
    private let size: Int64
    private var missing: Int64 = 0
    private var time = Int64.min

    /// - Parameters:
    ///   - limit: 1 to 100,000,000.
    ///   - burstSeconds: how long a bucket takes to fill, at most 60. It holds one unit at least.
    package init(perMinute limit: Int, burstSeconds: Double) {
        self.limit = Int64(limit)
        size = max(Self.unit, Int64(Double(limit) * burstSeconds * 1e9))
    }

    /// Whether there is so much.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package mutating func holds(_ amount: Int, now: Int64) -> Bool {
        if now > time {
            // What was missing has come in, or a part of it.
            let elapsed = time == .min ? 0 : now - time
            missing = elapsed > missing / limit ? 0 : missing - elapsed * limit
            time = now
        }
        return Int64(amount) <= (size - missing) / Self.unit
    }

    /// Takes so much out, which it holds.
    package mutating func take(_ amount: Int) {
        missing += Int64(amount) * Self.unit
    }

    /// How it stands for whoever asks for an amount.
    package func reading(for amount: Int) -> Reading {
        let wanted = min(Int64(amount), size / Self.unit) * Self.unit
        return Reading(
            limit: Int(limit), remaining: Int((size - missing) / Self.unit), timeUntilFull: wait(missing),
            retryAfter: wait(missing - (size - wanted)))
    }

    private func wait(_ lack: Int64) -> Duration {
        lack <= 0 ? .zero : .nanoseconds((lack + limit - 1) / limit)
    }
}
