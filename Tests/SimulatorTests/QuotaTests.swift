import Testing

@testable import Simulator

@Suite struct QuotaTests {
    private func limits(requests: Int, tokens: Int, burst: Double = 60) -> QuotaLimits {
        var limits = QuotaLimits()
        (limits.requestsPerMinute, limits.tokensPerMinute, limits.burstSeconds) = (requests, tokens, burst)
        return limits
    }

    @Test func takesFromBothBucketsOrFromNone() {
        var quota = Quota(limits(requests: 2, tokens: 100))
        let (first, after) = quota.admit(tokens: 60, now: 0)
        #expect(first && after.requests?.remaining == 1 && after.tokens?.remaining == 40)
        let (second, refusal) = quota.admit(tokens: 41, now: 0)
        #expect(!second && refusal.requests?.remaining == 1 && refusal.tokens?.remaining == 40)
        #expect(refusal.requests?.retryAfter == .zero && refusal.tokens?.retryAfter == .milliseconds(600))
        let (third, _) = quota.admit(tokens: 40, now: 0)
        let (fourth, _) = quota.admit(tokens: 0, now: 0)
        #expect(third && !fourth)
        let statistics = quota.statistics
        #expect(statistics.admitted == 2 && statistics.admittedTokens == 100 && statistics.refused == 2)
        #expect(statistics.times == 0...0)
    }

    @Test func tellsTheFullestWindowsAndNeverMoreThanTheLimitAndTheBurst() {
        var random = Seeds.stream()
        for _ in 0..<10 {
            let (requests, tokens) = (60 + Int(random.next() % 600), 1_000 + Int(random.next() % 50_000))
            let burst = 1 + Double(random.next() % 59)
            var quota = Quota(limits(requests: requests, tokens: tokens, burst: burst))
            var admissions: [(time: Int64, tokens: Int)] = []
            var now: Int64 = 0
            for _ in 0..<150 {
                now += Int64(random.next() % 3 == 0 ? random.next() % 3_000_000_000 : 1_000_000)
                let amount = Int(random.next() % 300)
                if quota.admit(tokens: amount, now: now).isAdmitted { admissions.append((now, amount)) }
            }
            #expect(quota.statistics.most.map(\.seconds) == [1, 10, 60])
            for told in quota.statistics.most {
                let windows = admissions.map { last in
                    admissions.filter { ($0.time > last.time - Int64(told.seconds) * 1_000_000_000) && $0.time <= last.time }
                }
                #expect(told.requests == windows.map(\.count).max() ?? 0)
                #expect(told.tokens == windows.map { $0.reduce(0) { $0 + $1.tokens } }.max() ?? 0)
                #expect(Double(told.requests) <= Double(requests) * (Double(told.seconds) + burst) / 60 + 1)
                #expect(Double(told.tokens) <= Double(tokens) * (Double(told.seconds) + burst) / 60)
            }
            #expect(quota.statistics.times == (admissions.first?.time ?? 0)...(admissions.last?.time ?? 0))
        }
    }
}
