package import Envelope

/// What was done for a request in earlier visits to a worker.
package struct RequestPast: Sendable {
    package let attempts: [Attempt]
    /// When a worker first began on it, in unix milliseconds; nil if none has.
    package let began: Int64?

    package init(attempts: [Attempt] = [], began: Int64? = nil) {
        self.attempts = attempts
        self.began = began
    }
}
