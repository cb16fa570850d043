import TestSupport
import Testing

@testable import Kafka

@Suite struct OffsetTrackerModelTests {
    /// 100,000 schedules of deliveries, completions, commits, revocations, crashes, compaction, retention and truncation.
    @Test(arguments: 0..<20)
    func agreesWithANaiveModel(batch: Int) {
        var tally = PartitionModel.Tally()
        for schedule in 0..<5_000 {
            let seed = UInt64(batch * 5_000 + schedule)
            var model = PartitionModel(seed: seed)
            do throws(PartitionModel.Failure) {
                try model.run(steps: 20)
            } catch {
                Issue.record("seed \(seed): \(error.message)")
                return
            }
            tally += model.tally
        }
        // What never happened has not been tested.
        #expect(tally.pauses > 100 && tally.restored > 100 && tally.rewinds > 100, "\(tally)")
    }

    /// The first offset takes for ever, and up to 3,000 are in flight behind it.
    @Test(arguments: [4_096, 200])
    func aSlowOffsetDoesNotStopThoseBehindIt(limit: Int) throws {
        var random = SeededGenerator(seed: 1)
        var tracker = OffsetTracker()
        var open: [Int64] = []
        var next: Int64 = 1
        var pauses = 0
        var fewest = Int.max
        let count: Int64 = 200_000
        _ = tracker.deliver(0)
        while next < count {
            while next < count, open.count < 3_000 {
                guard tracker.hasRoom(for: next, limit: limit) else {
                    pauses += 1
                    fewest = min(fewest, open.count)
                    break
                }
                _ = tracker.deliver(next)
                open.append(next)
                next += 1
            }
            // Half of it at once, at random places: as many runs as can be.
            for _ in 0..<max(1, open.count / 2) {
                let place = Int.random(in: 0..<open.count, using: &random)
                open.swapAt(place, open.count - 1)
                _ = tracker.complete(open.removeLast())
            }
            #expect(tracker.completed.encoded(from: 0, limit: limit).text != nil)
        }
        #expect(tracker.watermark == 0)
        #expect(pauses > 0)
        #expect(fewest >= limit / 8)

        // Whoever comes next repeats what was in flight, and nothing else.
        let text = try #require(tracker.completed.encoded(from: 0, limit: limit).text)
        var successor = OffsetTracker(completed: try #require(CompletedOffsets(decoding: text, from: 0)))
        var repeated: Set<Int64> = []
        for offset in 0..<count where successor.deliver(offset) == .new { repeated.insert(offset) }
        #expect(repeated == Set(open + [0]))
    }
}
