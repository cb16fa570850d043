import TestSupport
import Testing

@testable import Kafka

@Suite struct CompletedOffsetsTests {
    private func offsets(_ runs: ClosedRange<Int64>...) -> CompletedOffsets {
        var offsets = CompletedOffsets()
        for run in runs { offsets.append(run) }
        return offsets
    }

    @Test func runsThatTouchAreOne() {
        #expect(offsets(1...3, 4...6, 8...8).runs == [1...6, 8...8])
        #expect(offsets(1...3, 2...9).runs == [1...9])
    }

    @Test func knowsWhatItHolds() {
        let held = offsets(5...7, 10...10, 20...29)
        #expect((0..<40).filter { held.contains($0) } == [5, 6, 7, 10] + Array(20...29))
        #expect(held.count == 14)
    }

    @Test func aLongRunIsAFewCharacters() throws {
        let text = try #require(offsets(1_000_001...9_000_000).encoded(from: 1_000_000, limit: 100).text)
        #expect(text.hasPrefix("1r"))
        #expect(text.utf8.count < 12)
        #expect(CompletedOffsets(decoding: text, from: 1_000_000) == offsets(1_000_001...9_000_000))
    }

    @Test func manyShortRunsAreABitmap() throws {
        var held = CompletedOffsets()
        for offset in stride(from: 1, to: 2_000, by: 2) as StrideTo<Int64> { held.append(offset...offset) }
        let text = try #require(held.encoded(from: 0, limit: 4_096).text)
        #expect(text.hasPrefix("1b"))
        #expect(CompletedOffsets(decoding: text, from: 0) == held)
    }

    @Test func whatDoesNotFitIsNotEncoded() {
        var held = CompletedOffsets()
        for offset in stride(from: 1, to: 2_000, by: 2) as StrideTo<Int64> { held.append(offset...offset) }
        #expect(held.encoded(from: 0, limit: 100) == .tooLong)
        #expect(CompletedOffsets().encoded(from: 0, limit: 100) == .none)
    }

    @Test func theLimitIsReachedToTheCharacter() {
        // Two bytes for each run: 30 of them are 80 characters and the form.
        var held = CompletedOffsets()
        for run in 0..<30 as Range<Int64> { held.append(run * 120 + 100...run * 120 + 119) }
        #expect(held.encoded(from: 0, limit: 82).text?.utf8.count == 82)
        #expect(held.encoded(from: 0, limit: 81) == .tooLong)
    }

    @Test(arguments: ["", "1r", "1b", "2rAQE=", "1rAQ==", "1rAAA=", "1r!!!!", "hello", "1r//////////////8B", "1bAA==", "{\"a\":1}"])
    func whatOthersWroteIsNotBelieved(text: String) {
        #expect(CompletedOffsets(decoding: text, from: 10) == nil)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func readsWhatItWrote(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = Int64.random(in: 0..<1 << 50, using: &random)
        var held = CompletedOffsets()
        var position = base + 1
        for _ in 0..<Int.random(in: 1..<300, using: &random) {
            position += Int64.random(in: 1..<Int64.random(in: 2..<2_000, using: &random), using: &random)
            let end = position + Int64.random(in: 0..<Int64.random(in: 1..<5_000, using: &random), using: &random)
            held.append(position...end)
            position = end + 1
        }
        let text = try #require(held.encoded(from: base, limit: .max).text, "seed \(seed)")
        #expect(CompletedOffsets(decoding: text, from: base) == held, "seed \(seed)")
    }
}
