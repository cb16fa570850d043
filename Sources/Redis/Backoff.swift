/// How long to pause before the next attempt: doubling, with a random part taken off so that many clients do not come back together.
struct Backoff {
    let first: Duration
    let maximum: Duration
    private var failures = 0

    init(first: Duration, maximum: Duration) {
        self.first = first
        self.maximum = maximum
    }

    /// - Parameter random: 0 ..< 1.
    mutating func next(random: Double) -> Duration {
        // More doublings than these would overflow, and are past any sensible maximum.
        let exponent = min(failures, 30)
        failures += 1
        return min(maximum, first * (1 << exponent)) * (1 - random / 2)
    }

    mutating func reset() {
        failures = 0
    }
}
