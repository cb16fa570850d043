internal import EventLoop

struct ConcurrencyLimit: Sendable {
    let limit: Int
    init(range: ClosedRange<Int>) { limit = range.upperBound }
    mutating func note(latency: Double, overloaded: Bool, inFlight: Int, now: MonotonicTime) {}
}
