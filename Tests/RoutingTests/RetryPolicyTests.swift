import Routing
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(maxAttempts: 4, maxTotal: 20_000, baseDelay: 100, maxDelay: 1_000, longestInMemory: 5_000)

    private func decision(
        after attempt: Int, isRetryable: Bool = true, retryAfter: Double? = nil, age: Double = 0, remaining: Double? = nil,
        isWithinBudget: Bool = true, random: Double = 1
    ) -> RetryDecision {
        policy.decision(
            after: attempt, isRetryable: isRetryable, retryAfter: retryAfter, age: age, remaining: remaining,
            isWithinBudget: isWithinBudget, random: random)
    }

    @Test func doublesTheCeilingUpToTheLargest() {
        #expect(decision(after: 1) == .now(after: 100))
        #expect(decision(after: 2) == .now(after: 200))
        #expect(decision(after: 3) == .now(after: 400))
        let patient = RetryPolicy(maxAttempts: 99, maxTotal: nil, baseDelay: 100, maxDelay: 1_000, longestInMemory: 5_000)
        #expect(
            patient.decision(
                after: 70, isRetryable: true, retryAfter: nil, age: 1e9, remaining: nil, isWithinBudget: true, random: 1)
                == .now(after: 1_000))
    }

    @Test func drawsFromTheWholeRange() {
        #expect(decision(after: 2, random: 0.05) == .now(after: 10))
        #expect(decision(after: 2, random: 0) == .now(after: 10), "a tenth of the shortest pause is always waited")
        #expect(decision(after: 2, random: 0.25) == .now(after: 50))
    }

    @Test func endsWithTheAttempts() {
        #expect(decision(after: 4) == .never)
        #expect(decision(after: 1, isRetryable: false) == .never)
        #expect(policy.mayRetry(after: 3, isRetryable: true))
        #expect(!policy.mayRetry(after: 4, isRetryable: true))
        #expect(!policy.mayRetry(after: 3, isRetryable: false))
    }

    @Test func neverComesBeforeTheProviderWishes() {
        #expect(decision(after: 1, retryAfter: 5_000) == .now(after: 5_000))
        #expect(decision(after: 3, retryAfter: 10) == .now(after: 400))
        #expect(decision(after: 1, retryAfter: 3_000, isWithinBudget: false) == .now(after: 3_000))
    }

    @Test func aLongPauseIsNotSpentInMemory() {
        #expect(decision(after: 1, retryAfter: 5_001) == .later(after: 5_001))
    }

    @Test func doesNotWaitBeyondTheDeadline() {
        #expect(decision(after: 1, remaining: 101) == .now(after: 100))
        #expect(decision(after: 1, remaining: 100) == .never)
        #expect(decision(after: 1, retryAfter: 5_000, remaining: 3_000) == .never)
    }

    @Test func doesNotWaitBeyondTheTotalTime() {
        #expect(decision(after: 1, age: 19_899) == .now(after: 100))
        #expect(decision(after: 1, age: 19_900) == .never)
        #expect(decision(after: 1, retryAfter: 20_000) == .never)
    }

    @Test func beyondTheBudgetItWaitsTheLongestPause() {
        #expect(decision(after: 1, isWithinBudget: false, random: 0) == .now(after: 500))
        #expect(decision(after: 1, isWithinBudget: false, random: 1) == .now(after: 1_000))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func keepsItsBoundsWhateverIsAsked(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for draw in 0..<500 {
            let place: Comment = "seed \(seed), draw \(draw)"
            func chance<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
            let maxDelay = Double.random(in: 0...100_000, using: &random)
            let policy = RetryPolicy(
                maxAttempts: Int.random(in: 1...10, using: &random), maxTotal: chance(Double.random(in: 0...200_000, using: &random)),
                baseDelay: Double.random(in: 0...maxDelay, using: &random), maxDelay: maxDelay,
                longestInMemory: Double.random(in: 0...100_000, using: &random))
            let attempt = Int.random(in: 1...10, using: &random)
            let isRetryable = Int.random(in: 0..<5, using: &random) > 0
            let retryAfter = chance(Double.random(in: 0...200_000, using: &random))
            let age = Double.random(in: 0...200_000, using: &random)
            let remaining = chance(Double.random(in: -1_000...200_000, using: &random))
            let isWithinBudget = Bool.random(using: &random)
            let decision = policy.decision(
                after: attempt, isRetryable: isRetryable, retryAfter: retryAfter, age: age, remaining: remaining,
                isWithinBudget: isWithinBudget, random: Double.random(in: 0...1, using: &random))

            let delay: Double
            switch decision {
            case .never:
                // Only for a reason: the longest pause that could have been drawn does not fit.
                let longest = max(maxDelay, retryAfter ?? 0)
                let isLate = remaining.map { longest >= $0 } ?? false
                let isOld = policy.maxTotal.map { age + longest >= $0 } ?? false
                #expect(!isRetryable || attempt >= policy.maxAttempts || isLate || isOld, place)
                continue
            case .now(let pause):
                #expect(pause <= policy.longestInMemory, place)
                delay = pause
            case .later(let pause):
                #expect(pause > policy.longestInMemory, place)
                delay = pause
            }
            #expect(policy.mayRetry(after: attempt, isRetryable: isRetryable), place)
            #expect(delay >= retryAfter ?? 0, place)
            #expect(delay <= max(maxDelay, retryAfter ?? 0), place)
            #expect(isWithinBudget || delay >= maxDelay / 2, place)
            #expect(remaining.map { delay < $0 } ?? true, place)
            #expect(policy.maxTotal.map { age + delay < $0 } ?? true, place)
        }
    }
}
