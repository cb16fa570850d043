import Envelope
import Testing

/// Events that concern the fleet instead of one request.
@Suite struct FleetEventTests {
    private let time: Int64 = 1_772_366_400_250

    @Test func writesHowFarABudgetIsUsed() {
        let soft = BudgetEvent(
            time: time, worker: "w", tenant: "t\"", period: .day, unit: .usd, isExceeded: false, limit: 10, used: 8.000_000_125,
            until: 1_772_409_600_000)
        #expect(
            written { soft.write(into: &$0) }
                == #"{"version":1,"event":"budget.soft","time":"2026-03-01T12:00:00.250Z","worker":"w","tenant":"t\"","period":"day","#
                + #""unit":"usd","limit":10,"used":8.000000125,"until":"2026-03-02T00:00:00.000Z"}"#)
        let exceeded = BudgetEvent(
            time: time, worker: "w", tenant: nil, period: .month, unit: .tokens, isExceeded: true, limit: 2_000_000_000,
            used: 2_000_000_017,
            until: 1_775_001_600_000)
        #expect(
            written { exceeded.write(into: &$0) }
                == #"{"version":1,"event":"budget.exceeded","time":"2026-03-01T12:00:00.250Z","worker":"w","period":"month","#
                + #""unit":"tokens","limit":2000000000,"used":2000000017,"until":"2026-04-01T00:00:00.000Z"}"#)
    }

    @Test func writesThatLimitsAreNotShared() {
        let degraded = LimiterEvent(time: time, worker: "w", isRecovered: false, mode: .closed, reason: "no \"reply\"")
        #expect(
            written { degraded.write(into: &$0) }
                == #"{"version":1,"event":"limits.degraded","time":"2026-03-01T12:00:00.250Z","worker":"w","mode":"closed","reason":"no \"reply\""}"#
        )
        let recovered = LimiterEvent(time: time, worker: "w", isRecovered: true, mode: .local, reason: "r")
        #expect(written { recovered.write(into: &$0) }.contains(#""event":"limits.recovered""#))
    }

    @Test func writesThatACachedAnswerWasTamperedWith() {
        #expect(
            written { CacheEvent(time: time, worker: "w", reason: "damaged").write(into: &$0) }
                == #"{"version":1,"event":"cache.tampered","time":"2026-03-01T12:00:00.250Z","worker":"w","reason":"damaged"}"#)
    }
}
