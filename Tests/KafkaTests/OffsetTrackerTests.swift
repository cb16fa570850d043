import Testing

@testable import Kafka

@Suite struct OffsetTrackerTests {
    /// The macro cannot call what mutates.
    private func check(_ result: Bool, is expected: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(result == expected, sourceLocation: location)
    }

    @Test func theWatermarkWaitsForTheOldestOffset() {
        var tracker = OffsetTracker()
        for offset in 10..<14 as Range<Int64> { check(tracker.deliver(offset), is: true) }
        #expect(tracker.watermark == 10)
        check(tracker.complete(12), is: false)
        check(tracker.complete(11), is: false)
        #expect(tracker.watermark == 10)
        check(tracker.complete(10), is: true)
        #expect(tracker.watermark == 13)
        check(tracker.complete(13), is: true)
        #expect(tracker.watermark == 14)
        #expect(tracker.inFlight == 0)
        #expect(tracker.span == 0)
    }

    @Test func gapsInTheOffsetsAreNotWaitedFor() {
        var tracker = OffsetTracker()
        for offset in [3, 9, 20] as [Int64] { check(tracker.deliver(offset), is: true) }
        check(tracker.complete(3), is: true)
        #expect(tracker.watermark == 9)
        check(tracker.complete(20), is: false)
        check(tracker.complete(9), is: true)
        #expect(tracker.watermark == 21)
        check(tracker.deliver(100), is: true)
        #expect(tracker.watermark == 100)
    }

    @Test func whatWasDeliveredOnceIsNotDeliveredAgain() {
        var tracker = OffsetTracker()
        check(tracker.deliver(5), is: true)
        check(tracker.deliver(5), is: false)
        check(tracker.complete(5), is: true)
        check(tracker.deliver(5), is: false)
        check(tracker.complete(5), is: false)
        check(tracker.complete(77), is: false)
        #expect(tracker.inFlight == 0)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func agreesWithANaiveModel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tracker = OffsetTracker()
        var delivered: [Int64] = []
        var open: [Int64] = []
        var next: Int64 = Int64.random(in: 0..<1_000, using: &random)
        for _ in 0..<4_000 {
            if open.isEmpty || Bool.random(using: &random), open.count < 500 {
                next += Int64.random(in: 0..<20, using: &random) == 0 ? Int64.random(in: 1..<50, using: &random) : 0
                check(tracker.deliver(next), is: true)
                delivered.append(next)
                open.append(next)
                next += 1
            } else {
                let offset = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                _ = tracker.complete(offset)
            }
            #expect(tracker.inFlight == open.count, "seed \(seed)")
            let expected = open.min() ?? delivered.last.map { $0 + 1 }
            #expect(tracker.watermark == expected, "seed \(seed)")
        }
    }
}

struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
