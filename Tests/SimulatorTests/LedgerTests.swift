import Testing

@testable import Simulator

@Suite struct LedgerTests {
    @Test func countsAPromptThatIsAnsweredAgainAsRepeated() {
        var ledger = Ledger(requestsPerMinute: 0)
        for expected in [0, 0, 1, 2] as [UInt64] {
            let prompt: UInt64 = expected == 0 && ledger.statistics.requests == 0 ? 1 : 2
            #expect(ordinal(ledger.admit(fingerprint: prompt, now: 0)) == expected)
            ledger.finish(fingerprint: prompt, .ok(promptTokens: 10, completionTokens: 5))
        }
        let statistics = ledger.statistics
        #expect(statistics.repeatedOK == 2 && statistics.distinctPrompts == 2)
        #expect(statistics.promptTokens == 40 && statistics.completionTokens == 20)
    }

    @Test func aRetryAfterAFailureIsNoRepetition() {
        var ledger = Ledger(requestsPerMinute: 0)
        #expect(ordinal(ledger.admit(fingerprint: 7, now: 0)) == 0)
        ledger.finish(fingerprint: 7, .failed(.serverError))
        #expect(ordinal(ledger.admit(fingerprint: 7, now: 0)) == 1)
        ledger.finish(fingerprint: 7, .ok(promptTokens: 1, completionTokens: 1))
        #expect(ledger.statistics.repeatedOK == 0)
        #expect(ledger.statistics[.serverError] == 1)
    }

    @Test func whatTheLimitTurnsAwayIsNoAttempt() {
        var ledger = Ledger(requestsPerMinute: 1)
        #expect(ordinal(ledger.admit(fingerprint: 7, now: 0)) == 0)
        #expect(ordinal(ledger.admit(fingerprint: 7, now: 0)) == nil)
        #expect(ordinal(ledger.admit(fingerprint: 7, now: 60_000_000_000)) == 1)
        #expect(ledger.statistics[.throttled] == 1)
    }

    @Test func everyRequestIsAccountedFor() {
        var random = Seeds.stream()
        var ledger = Ledger(requestsPerMinute: 600)
        var open: [UInt64] = []
        for step in 0..<20_000 {
            switch random.next() % 4 {
            case 0: _ = ledger.refuse(.invalidRequest)
            case 1:
                guard let prompt = open.popLast() else { break }
                ledger.finish(fingerprint: prompt, .ok(promptTokens: 1, completionTokens: 1))
            case 2:
                guard let prompt = open.popLast() else { break }
                let failure = Failure.allCases[Int(random.next() % UInt64(Failure.allCases.count))]
                ledger.finish(fingerprint: prompt, .failed(failure))
            default:
                let prompt = random.next() % 1000
                if ordinal(ledger.admit(fingerprint: prompt, now: Int64(step) * 30_000_000)) != nil { open.append(prompt) }
            }
            let statistics = ledger.statistics
            #expect(statistics.inFlight == open.count && statistics.peakInFlight >= open.count)
            #expect(statistics.requests == statistics.ok + statistics.inFlight + Failure.allCases.reduce(0) { $0 + statistics[$1] })
        }
    }

    private func ordinal(_ admission: Ledger.Admission) -> UInt64? {
        if case .admitted(let ordinal, _) = admission { return ordinal }
        return nil
    }
}
