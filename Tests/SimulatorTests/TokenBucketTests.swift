import Testing

@testable import Simulator

@Suite struct TokenBucketTests {
    @Test func isFullAtFirstAndRefusesWhatIsBeyond() {
        var bucket = TokenBucket(requestsPerMinute: 3)
        for remaining in [2, 1, 0] {
            let reading = bucket.take(now: 5)
            #expect(reading.isAdmitted && reading.remaining == remaining && reading.limit == 3)
            #expect(reading.timeUntilFull == .seconds(20 * (3 - remaining)))
        }
        let refused = bucket.take(now: 5)
        #expect(!refused.isAdmitted && refused.remaining == 0)
        #expect(refused.retryAfter == .seconds(20))
    }

    @Test func admitsAgainExactlyWhenItSaid() {
        var random = Seeds.stream()
        for _ in 0..<1000 {
            var bucket = TokenBucket(requestsPerMinute: 1 + Int(random.next() % 10_000))
            var now = Int64(random.next() >> 20)
            while bucket.take(now: now).isAdmitted { now += Int64(random.next() % 1000) }
            let wait = bucket.take(now: now).retryAfter
            let nanoseconds = wait.components.seconds * 1_000_000_000 + wait.components.attoseconds / 1_000_000_000
            #expect(nanoseconds > 0)
            var early = bucket
            #expect(!early.take(now: now + nanoseconds - 1).isAdmitted)
            #expect(bucket.take(now: now + nanoseconds).isAdmitted)
        }
    }

    /// Compared with a bucket in which sixtieths of requests are counted, of which each second adds as many as the limit.
    @Test func admitsWhatABucketOfTokensWould() {
        var random = Seeds.stream()
        for _ in 0..<200 {
            let limit = [1, 2, 6, 60, 600][Int(random.next() % 5)]
            var bucket = TokenBucket(requestsPerMinute: limit)
            var sixtieths = limit * 60
            var now: Int64 = 0
            for _ in 0..<1000 {
                let seconds = random.next() % 20 == 0 ? Int64(random.next() % 8) : 0
                now += seconds * 1_000_000_000
                sixtieths = min(limit * 60, sixtieths + limit * Int(seconds))
                let isAdmitted = sixtieths >= 60
                if isAdmitted { sixtieths -= 60 }
                #expect(bucket.take(now: now).isAdmitted == isAdmitted)
            }
        }
    }
}
