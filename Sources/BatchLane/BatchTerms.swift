/// Until when a request may wait for its result. Unix milliseconds.
struct BatchTerms: Equatable {
    let began: Int64
    /// After which nobody wants the response any more; nil for never.
    let end: Int64?
    /// After which it goes the ordinary way.
    let deadline: Int64
    /// Whether its own deadline makes it wait less than others.
    let isHurried: Bool

    /// Time for an ordinary call: a tenth of the whole, or a minute if that is more.
    private static let leastReserve: Int64 = 60_000

    /// - Parameters:
    ///   - began: when a worker first began on the request.
    ///   - end: the request's own deadline.
    init(began: Int64, end: Int64?, _ timing: BatchTiming) {
        self.began = began
        self.end = end
        let usual = began + timing.deadline
        let own = end.map { $0 - max(Self.leastReserve, ($0 - began) / 10) }
        deadline = min(usual, own ?? usual)
        isHurried = deadline < usual
    }

    /// Whether nothing is to be waited for any more.
    func isBeyondPatience(_ now: Int64) -> Bool {
        now >= deadline + BatchTiming.patience || end.map { $0 <= now } ?? false
    }

    /// Milliseconds until the request is to be looked at again: more with time, but not beyond its deadline.
    func wait(now: Int64, _ timing: BatchTiming) -> Double {
        var wait = min(max(timing.gather + timing.poll, (now - began) / 4), BatchTiming.longestWait)
        if now < deadline { wait = min(wait, deadline - now) } else { wait = min(wait, timing.poll) }
        if let end { wait = min(wait, end - now) }
        return Double(max(wait, 1))
    }
}
