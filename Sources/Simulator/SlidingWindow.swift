internal import NIOCore

/// The most that was let through within any time of one length.
struct SlidingWindow: Sendable {
    private struct Admission {
        let time: Int64
        let tokens: Int
    }

    let seconds: Int
    private let length: Int64
    private var admissions = CircularBuffer<Admission>()
    private var tokens = 0
    private(set) var mostRequests = 0
    private(set) var mostTokens = 0

    init(seconds: Int) {
        self.seconds = seconds
        length = Int64(seconds) * 1_000_000_000
    }

    /// - Parameter time: nanoseconds of a clock that never goes back. What was let through exactly the window's length ago is no part of it.
    mutating func add(tokens amount: Int, at time: Int64) {
        admissions.append(Admission(time: time, tokens: amount))
        tokens += amount
        while let first = admissions.first, first.time <= time - length {
            tokens -= first.tokens
            admissions.removeFirst()
        }
        mostRequests = max(mostRequests, admissions.count)
        mostTokens = max(mostTokens, tokens)
    }
}
