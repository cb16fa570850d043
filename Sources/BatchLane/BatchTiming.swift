/// How long the batch lane gathers, asks and waits. Milliseconds.
package struct BatchTiming: Sendable {
    /// How long the first request of a batch waits for others.
    package let gather: Int64
    /// How many requests are enough for a batch.
    package let maxRequests: Int
    /// The time between two looks at a batch.
    package let poll: Int64
    /// How long a request may wait for its result before it goes the ordinary way.
    package let deadline: Int64

    package init(gather: Int64, maxRequests: Int, poll: Int64, deadline: Int64) {
        self.gather = gather
        self.maxRequests = maxRequests
        self.poll = poll
        self.deadline = deadline
    }

    /// The most bytes in one batch: all of them are in memory while they are sent.
    static let maxBytes = 96 << 20

    /// The largest request that has room in a batch.
    static let largestBody = 64 << 20

    /// How long a batch that may have been created is given to show up in the provider's list. Only a worker that has died, or lost its
    /// connection, leaves one in that state, and where batches are looked at often, nobody wants to wait a minute for it.
    var settling: Int64 { min(60_000, 5 * poll) }

    /// For how long a batch, or the gathering of one, is one lane's alone, unless it says that it still is.
    var lease: Int64 { min(30_000, max(2_000, poll)) }

    /// The longest pause between two visits of a request.
    static let longestWait: Int64 = 600_000

    /// How long after it was asked to cancel a batch a provider that does not end it is waited for. Batches last a day at most.
    static let patience: Int64 = 26 * 3_600_000

    /// How long after it was created a batch is given up of which nothing can be learned.
    static let lost: Int64 = 72 * 3_600_000

    /// How long what Redis keeps of a request outlives its last change.
    var lifetime: Int64 { max(7 * 86_400_000, deadline + Self.lost) }
}
