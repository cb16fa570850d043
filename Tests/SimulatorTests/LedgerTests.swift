import Testing

@testable import Simulator

@Suite struct LedgerTests {
    @Test func countsAPromptThatIsAnsweredAgainAsRepeated() {
        var ledger = Ledger(QuotaLimits())
        for expected in [0, 0, 1, 2] as [UInt64] {
            let prompt: UInt64 = expected == 0 && ledger.statistics.requests == 0 ? 1 : 2
            #expect(ordinal(ledger.admit(fingerprint: prompt, key: "a", now: 0)) == expected)
            ledger.finish(fingerprint: prompt, key: "a", .ok(promptTokens: 10, completionTokens: 5))
        }
        let statistics = ledger.statistics
        #expect(statistics.repeatedOK == 2 && statistics.distinctPrompts == 2)
        #expect(statistics.promptTokens == 40 && statistics.completionTokens == 20)
    }

    @Test func aRetryAfterAFailureIsNoRepetition() {
        var ledger = Ledger(QuotaLimits())
        #expect(ordinal(ledger.admit(fingerprint: 7, key: "a", now: 0)) == 0)
        ledger.finish(fingerprint: 7, key: "a", .failed(.serverError))
        #expect(ordinal(ledger.admit(fingerprint: 7, key: "a", now: 0)) == 1)
        ledger.finish(fingerprint: 7, key: "a", .ok(promptTokens: 1, completionTokens: 1))
        #expect(ledger.statistics.repeatedOK == 0)
        #expect(ledger.statistics[.serverError] == 1)
    }

    @Test func whatTheLimitTurnsAwayIsNoAttempt() {
        var ledger = Ledger(limits(1))
        #expect(ordinal(ledger.admit(fingerprint: 7, key: "a", now: 0)) == 0)
        #expect(ordinal(ledger.admit(fingerprint: 7, key: "a", now: 0)) == nil)
        #expect(ordinal(ledger.admit(fingerprint: 7, key: "a", now: 60_000_000_000)) == 1)
        #expect(ledger.statistics[.throttled] == 1)
    }

    @Test func eachKeyHasLimitsOfItsOwn() {
        var ledger = Ledger(limits(2))
        for key in ["a", "b"] {
            let admitted = (0..<3).map { ordinal(ledger.admit(fingerprint: $0, key: key, now: 0)) != nil }
            #expect(admitted == [true, true, false])
        }
        #expect(ledger.statistics.keys["b"]?.quota?.refused == 1 && ledger.statistics[.throttled] == 2)
    }

    @Test func tellsTheRequestsOfOneKeyFromThoseOfAnother() {
        var ledger = Ledger(QuotaLimits())
        _ = ledger.admit(fingerprint: 1, key: "a", now: 0)
        _ = ledger.admit(fingerprint: 2, key: "b", now: 0)
        _ = ledger.admit(fingerprint: 3, key: "b", now: 0)
        _ = ledger.refuse(.unauthorized, key: "")
        ledger.finish(fingerprint: 1, key: "a", .ok(promptTokens: 1, completionTokens: 1))
        ledger.finish(fingerprint: 2, key: "b", .failed(.abandoned))
        let keys = ledger.statistics.keys
        #expect(keys["a"] == KeyStatistics(requests: 1, ok: 1, inFlight: 0, peakInFlight: 1))
        #expect(keys["b"] == KeyStatistics(requests: 2, ok: 0, inFlight: 1, peakInFlight: 2))
        #expect(keys[""] == KeyStatistics(requests: 1, ok: 0, inFlight: 0) && keys.count == 3)
    }

    @Test func knowsTheFirstThousandKeys() {
        var ledger = Ledger(QuotaLimits())
        for number in 0..<1_001 { _ = ledger.admit(fingerprint: 1, key: "\(number)", now: 0) }
        for number in 0..<1_001 { ledger.finish(fingerprint: 1, key: "\(number)", .failed(.abandoned)) }
        let keys = ledger.statistics.keys
        #expect(keys.count == 1_000 && keys["1000"] == nil && ledger.statistics.requests == 1_001)
        #expect(keys.values.allSatisfy { $0 == KeyStatistics(requests: 1, ok: 0, inFlight: 0, peakInFlight: 1) })
    }

    @Test func everyRequestIsAccountedFor() {
        var random = Seeds.stream()
        var ledger = Ledger(limits(600))
        var open: [UInt64] = []
        for step in 0..<20_000 {
            switch random.next() % 4 {
            case 0: _ = ledger.refuse(.invalidRequest, key: "a")
            case 1:
                guard let prompt = open.popLast() else { break }
                ledger.finish(fingerprint: prompt, key: "a", .ok(promptTokens: 1, completionTokens: 1))
            case 2:
                guard let prompt = open.popLast() else { break }
                let failure = Failure.allCases[Int(random.next() % UInt64(Failure.allCases.count))]
                ledger.finish(fingerprint: prompt, key: "a", .failed(failure))
            default:
                let prompt = random.next() % 1000
                if ordinal(ledger.admit(fingerprint: prompt, key: "a", now: Int64(step) * 30_000_000)) != nil { open.append(prompt) }
            }
            let statistics = ledger.statistics
            #expect(statistics.inFlight == open.count && statistics.peakInFlight >= open.count)
            #expect(statistics.requests == statistics.ok + statistics.inFlight + Failure.allCases.reduce(0) { $0 + statistics[$1] })
        }
    }

    private func limits(_ requestsPerMinute: Int) -> QuotaLimits {
        var limits = QuotaLimits()
        limits.requestsPerMinute = requestsPerMinute
        return limits
    }

    private func ordinal(_ admission: Ledger.Admission) -> UInt64? {
        if case .admitted(let ordinal, _) = admission { return ordinal }
        return nil
    }
}

extension Ledger {
    /// Lets a request in that uses no tokens.
    fileprivate mutating func admit(fingerprint: UInt64, key: String, now: Int64) -> Admission {
        admit(fingerprint: fingerprint, key: key, now: now) { _ in 0 }
    }
}
