import Routing
import Testing

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(maxAttempts: 4, baseDelay: 100, maxDelay: 1_000)

    private func delay(
        after attempt: Int, isRetryable: Bool = true, retryAfter: Double? = nil, remaining: Double? = nil, random: Double = 1
    ) -> Double? {
        policy.delay(after: attempt, isRetryable: isRetryable, retryAfter: retryAfter, remaining: remaining, random: random)
    }

    @Test func doublesTheCeilingUpToTheLargest() {
        #expect(delay(after: 1) == 100)
        #expect(delay(after: 2) == 200)
        #expect(delay(after: 3) == 400)
        #expect(
            RetryPolicy(maxAttempts: 99, baseDelay: 100, maxDelay: 1_000).delay(
                after: 70, isRetryable: true, retryAfter: nil, remaining: nil, random: 1) == 1_000)
    }

    @Test func drawsFromTheWholeRange() {
        #expect(delay(after: 2, random: 0) == 0)
        #expect(delay(after: 2, random: 0.25) == 50)
    }

    @Test func endsWithTheAttempts() {
        #expect(delay(after: 4) == nil)
        #expect(delay(after: 1, isRetryable: false) == nil)
    }

    @Test func neverComesBeforeTheProviderWishes() {
        #expect(delay(after: 1, retryAfter: 5_000) == 5_000)
        #expect(delay(after: 3, retryAfter: 10) == 400)
    }

    @Test func doesNotWaitForHours() {
        #expect(delay(after: 1, retryAfter: 60_000) == 60_000)
        #expect(delay(after: 1, retryAfter: 60_001) == nil)
    }

    @Test func doesNotWaitBeyondTheDeadline() {
        #expect(delay(after: 1, remaining: 101) == 100)
        #expect(delay(after: 1, remaining: 100) == nil)
        #expect(delay(after: 1, retryAfter: 5_000, remaining: 3_000) == nil)
    }
}
