import Testing

@testable import Simulator

@Suite struct PromptMarkersTests {
    @Test func readsEveryMarker() {
        let markers = read("[words 5][tools 2] x [cached 7] [bad json 1] [reasoning] [fault stall 2] [latency 9]")
        #expect(markers.words == 5 && markers.toolCalls == 2 && markers.cachedTokens == 7 && markers.misfits == 1 && markers.latency == 9)
        #expect(markers.asksForReasoning && !markers.asksToExpire)
        #expect([0, 1, 2].map { markers.fault(ordinal: $0) } == [.stall, .stall, nil])
    }

    @Test func aFaultWithoutACountAlwaysComes() {
        #expect(read("[fault auth]").fault(ordinal: 1_000_000) == .auth)
        #expect(read("[fault expired]").asksToExpire && read("[fault expired]").fault == nil)
    }

    @Test(arguments: Fault.allCases) func knowsEveryFault(_ fault: Fault) {
        #expect(read("say [fault \(fault.name) 1]").fault(ordinal: 0) == fault)
    }

    @Test(arguments: [
        "[fault nonsense]", "[fault]", "[fault auth x]", "[fault auth 1 2]", "[words]", "[words x]", "[words 1000001]", "[words -1]",
        "[bad 1]",
        "[bad xml 1]", "[tools 129]", "[reasoning 1]", "[words 5", "words 5]", "[ words 5]", "[words  5]",
    ])
    func whatIsNotUnderstoodIsText(_ text: String) {
        let markers = read(text)
        #expect(markers.words == nil && markers.toolCalls == nil && markers.misfits == nil && markers.fault == nil)
        #expect(!markers.asksForReasoning)
    }

    @Test func theFirstOfSeveralCounts() {
        let markers = read("[words x] [words 1] [words 2] [fault auth 1] [fault stall]")
        #expect(markers.words == 1 && markers.fault?.fault == .auth)
    }

    @Test func survivesAnyBytes() {
        var random = Seeds.stream()
        let pieces = ["[", "]", "fault", " ", "words", "7", "stall", "\u{e9}", "\"", "bad json"].map { Array($0.utf8) }
        for _ in 0..<50_000 {
            var bytes = (0..<(random.next() % 12)).flatMap { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
            if !bytes.isEmpty { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            let markers = bytes.withUnsafeBytes { PromptMarkers(in: $0) }
            #expect(markers.words ?? 7 <= 1_000_000)
        }
    }

    private func read(_ text: String) -> PromptMarkers {
        Array(text.utf8).withUnsafeBytes { PromptMarkers(in: $0) }
    }
}
