import Testing

@testable import Simulator

@Suite struct TokenBucketTests {
    @Test func isFullAtFirstAndRefusesWhatIsBeyond() {
        var bucket = TokenBucket(perMinute: 3, burstSeconds: 60)
        for remaining in [2, 1, 0] {
            let isThere = bucket.holds(1, now: 5)
            bucket.take(1)
            let reading = bucket.reading(for: 1)
            #expect(isThere && reading.remaining == remaining && reading.limit == 3)
            #expect(reading.timeUntilFull == .seconds(20 * (3 - remaining)))
        }
        let isThere = bucket.holds(1, now: 5)
        #expect(!isThere && bucket.reading(for: 1).retryAfter == .seconds(20))
        #expect(bucket.reading(for: 2).retryAfter == .seconds(40) && bucket.reading(for: 9).retryAfter == .seconds(60))
    }

    @Test func holdsAsMuchAsItsBurst() {
        var bucket = TokenBucket(perMinute: 600, burstSeconds: 2)
        let (fits, isTooMuch) = (bucket.holds(20, now: 0), !bucket.holds(21, now: 1_000_000_000_000))
        #expect(fits && isTooMuch)
        var small = TokenBucket(perMinute: 1, burstSeconds: 0)
        let holdsOne = small.holds(1, now: 0)
        #expect(holdsOne)
    }

    @Test func admitsAgainExactlyWhenItSaid() {
        var random = Seeds.stream()
        for _ in 0..<400 {
            let most = 1 + Int(random.next() % 100_000)
            var bucket = TokenBucket(perMinute: most, burstSeconds: 60)
            var now = Int64(random.next() >> 20)
            let amount = 1 + Int(random.next() % UInt64(most))
            while bucket.holds(amount, now: now) {
                bucket.take(amount)
                now += Int64(random.next() % 1000)
            }
            let wait = bucket.reading(for: amount).retryAfter
            let nanoseconds = wait.components.seconds * 1_000_000_000 + wait.components.attoseconds / 1_000_000_000
            var early = bucket
            let comesEarly = early.holds(amount, now: now + nanoseconds - 1)
            let comes = bucket.holds(amount, now: now + nanoseconds)
            #expect(nanoseconds > 0 && !comesEarly && comes)
        }
    }

    /// Compared with a bucket in which sixtieths are counted, of which each second adds as many as the limit.
    @Test func admitsWhatABucketOfTokensWould() {
        var random = Seeds.stream()
        for _ in 0..<50 {
            let limit = [1, 2, 6, 60, 600, 90_000][Int(random.next() % 6)]
            let burst = 1 + Int(random.next() % 60)
            var bucket = TokenBucket(perMinute: limit, burstSeconds: Double(burst))
            let size = max(60, limit * burst)
            var sixtieths = size
            var now: Int64 = 0
            for _ in 0..<400 {
                let seconds = random.next() % 20 == 0 ? Int64(random.next() % 8) : 0
                now += seconds * 1_000_000_000
                sixtieths = min(size, sixtieths + limit * Int(seconds))
                let amount = 1 + Int(random.next() % UInt64(max(1, limit / 30)))
                let isAdmitted = sixtieths >= amount * 60
                let holds = bucket.holds(amount, now: now)
                #expect(holds == isAdmitted)
                guard holds else { continue }
                sixtieths -= amount * 60
                bucket.take(amount)
                #expect(bucket.reading(for: 1).remaining == sixtieths / 60)
            }
        }
    }
}
