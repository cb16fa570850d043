import TestSupport
import Testing

@testable import Kafka

@Suite struct OffsetTrackerTests {
    /// The macro cannot call what mutates.
    private func check<Value: Equatable>(_ result: Value, is expected: Value, at location: SourceLocation = #_sourceLocation) {
        #expect(result == expected, sourceLocation: location)
    }

    @Test func theWatermarkWaitsForTheOldestOffset() {
        var tracker = OffsetTracker()
        for offset in 10..<14 as Range<Int64> { check(tracker.deliver(offset), is: .new) }
        #expect(tracker.watermark == 10)
        check(tracker.complete(12), is: false)
        check(tracker.complete(11), is: false)
        #expect(tracker.watermark == 10)
        check(tracker.complete(10), is: true)
        #expect(tracker.watermark == 13)
        check(tracker.complete(13), is: true)
        #expect(tracker.watermark == 14)
        #expect(tracker.inFlight == 0)
    }

    @Test func gapsInTheOffsetsAreNotWaitedFor() {
        var tracker = OffsetTracker()
        for offset in [3, 9, 20] as [Int64] { check(tracker.deliver(offset), is: .new) }
        check(tracker.complete(3), is: true)
        #expect(tracker.watermark == 9)
        check(tracker.complete(20), is: false)
        check(tracker.complete(9), is: true)
        #expect(tracker.watermark == 21)
        check(tracker.deliver(100), is: .new)
        #expect(tracker.watermark == 100)
    }

    @Test func whatWasDeliveredOnceIsNotDeliveredAgain() {
        var tracker = OffsetTracker()
        check(tracker.deliver(5), is: .new)
        check(tracker.deliver(5), is: .repeated)
        check(tracker.complete(5), is: true)
        check(tracker.deliver(5), is: .repeated)
        check(tracker.complete(5), is: false)
        check(tracker.complete(77), is: false)
        #expect(tracker.inFlight == 0)
    }

    @Test func anotherAssignmentDoesNotRepeatWhatIsDone() {
        var first = OffsetTracker()
        for offset in 10..<20 as Range<Int64> { check(first.deliver(offset), is: .new) }
        for offset in [12, 13, 17, 19] as [Int64] { check(first.complete(offset), is: false) }
        check(first.complete(10), is: true)
        #expect(first.watermark == 11)

        var second = OffsetTracker(resumingFrom: 11, completed: first.completed)
        let deliveries = (11..<21 as Range<Int64>).map { second.deliver($0) }
        #expect(deliveries == [.new, .done, .done, .new, .new, .new, .done, .new, .done, .new])
        check(second.complete(11), is: true)
        #expect(second.watermark == 14)
        #expect(second.inFlight == 5)
    }

    @Test func whatIsRestoredIsKeptUntilItIsDeliveredAgain() {
        var completed = CompletedOffsets()
        completed.append(6...100)
        var tracker = OffsetTracker(resumingFrom: 5, completed: completed)
        #expect(tracker.completed == completed)
        check(tracker.deliver(5), is: .new)
        check(tracker.deliver(6), is: .done)
        #expect(tracker.completed == completed)
        check(tracker.complete(5), is: true)
        #expect(tracker.watermark == 7)
        var rest = CompletedOffsets()
        rest.append(7...100)
        #expect(tracker.completed == rest)
        check(tracker.deliver(7), is: .done)
        #expect(tracker.watermark == 8)
        check(tracker.deliver(101), is: .new)
        #expect(tracker.watermark == 101)
        #expect(tracker.completed.isEmpty)
    }

    @Test func tellsTheNextOffset() {
        var tracker = OffsetTracker()
        #expect(tracker.next == nil)
        check(tracker.deliver(7), is: .new)
        #expect(tracker.next == 8)
        check(tracker.complete(7), is: true)
        #expect(tracker.next == 8)
    }

    @Test func thereIsRoomForWhatWasInFlightBefore() throws {
        var first = OffsetTracker()
        var offset: Int64 = 0
        while first.hasRoom(for: offset, limit: 100) {
            check(first.deliver(offset), is: .new)
            offset += 1_000
        }
        let last = offset - 1_000
        for done in stride(from: 1_000, through: last, by: 2_000) { check(first.complete(done), is: false) }
        let text = try #require(first.completed.encoded(from: 0, limit: 100).text)

        var second = OffsetTracker(completed: try #require(CompletedOffsets(decoding: text, from: 0)))
        for offset in stride(from: 0, through: last, by: 1_000) {
            #expect(second.hasRoom(for: offset, limit: 100))
            let isDone = first.completed.contains(offset)
            check(second.deliver(offset), is: isDone ? .done : .new)
        }
        #expect(second.inFlight == first.inFlight)
        for next in [last + 1, last + 100_000] {
            #expect(second.hasRoom(for: next, limit: 100) == first.hasRoom(for: next, limit: 100))
        }
    }

    @Test func thereIsNoRoomForMoreThanCanBeWrittenDown() {
        var tracker = OffsetTracker()
        #expect(tracker.hasRoom(for: 0, limit: 0))
        check(tracker.deliver(0), is: .new)
        // Nine bytes: a bitmap of 72 offsets.
        #expect(tracker.hasRoom(for: 71, limit: 16))
        for offset in 1...20 as ClosedRange<Int64> { check(tracker.deliver(offset), is: .new) }
        #expect(!tracker.hasRoom(for: 72, limit: 16))
        for offset in 1...17 as ClosedRange<Int64> { check(tracker.complete(offset), is: false) }
        #expect(tracker.hasRoom(for: 72, limit: 16))
    }

    @Test func aLogThatBeginsAnewIsWorkedOnFromItsStart() {
        var completed = CompletedOffsets()
        completed.append(6...100)
        var tracker = OffsetTracker(resumingFrom: 5, completed: completed)
        check(tracker.deliver(0), is: .new)
        check(tracker.deliver(6), is: .new)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func agreesWithANaiveModelOverManyAssignments(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var done: Set<Int64> = []
        var tracker = OffsetTracker()
        var next: Int64 = 0
        for _ in 0..<40 {
            var open: [Int64] = []
            for _ in 0..<Int.random(in: 0..<200, using: &random) {
                if Int.random(in: 0..<3, using: &random) > 0 {
                    let delivery = tracker.deliver(next)
                    #expect((delivery == .done) == done.contains(next), "seed \(seed), offset \(next)")
                    if delivery == .new { open.append(next) }
                    next += 1
                } else if !open.isEmpty {
                    let offset = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                    _ = tracker.complete(offset)
                    done.insert(offset)
                }
            }
            let watermark = tracker.watermark ?? next
            #expect((0..<watermark).allSatisfy { done.contains($0) }, "seed \(seed)")
            let text = tracker.completed.encoded(from: watermark, limit: 100_000).text
            let restored = text.flatMap { CompletedOffsets(decoding: $0, from: watermark) } ?? CompletedOffsets()
            #expect(restored.count == done.filter { $0 >= watermark }.count, "seed \(seed)")
            tracker = OffsetTracker(resumingFrom: watermark, completed: restored)
            next = watermark
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func agreesWithANaiveModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tracker = OffsetTracker()
        var delivered: [Int64] = []
        var open: [Int64] = []
        var next: Int64 = Int64.random(in: 0..<1_000, using: &random)
        for _ in 0..<4_000 {
            if open.isEmpty || Bool.random(using: &random), open.count < 500 {
                next += Int64.random(in: 0..<20, using: &random) == 0 ? Int64.random(in: 1..<50, using: &random) : 0
                check(tracker.deliver(next), is: .new)
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
