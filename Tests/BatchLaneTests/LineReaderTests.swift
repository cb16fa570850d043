import EventLoop
import TestSupport
import Testing

@testable import BatchLane

/// Reads on a loop, where a reader belongs.
private actor LineUser {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// The lines of a body that comes in such pieces, asked for again from where it was broken off.
    func lines(_ body: [UInt8], pieces: [Int], limit: Int) async -> [[UInt8]] {
        var lines: [[UInt8]] = []
        while true {
            let reader = LineReader(skipping: lines.count, limit: limit)
            var (start, index, isWhole) = (0, 0, true)
            while start < body.count {
                let end = min(body.count, start + max(1, pieces[index % pieces.count]))
                isWhole = take(body[start..<end], reader)
                guard isWhole else { break }
                (start, index) = (end, index + 1)
            }
            reader.finish(isWhole: isWhole)
            while let more = await reader.next() { lines += more }
            if isWhole { return lines }
        }
    }

    /// The lines that are taken while they come.
    func linesWhileTheyCome(_ count: Int) async -> Int {
        let reader = LineReader(skipping: 0)
        let source = Task { await self.send(count, to: reader) }
        var taken = 0
        while let lines = await reader.next() { taken += lines.count }
        await source.value
        return taken
    }

    /// - Returns: whether it wants more.
    private func take(_ piece: ArraySlice<UInt8>, _ reader: LineReader) -> Bool {
        piece.withUnsafeBytes { bytes in
            do {
                try reader.take(bytes)
                return true
            } catch {
                return false
            }
        }
    }

    private func send(_ count: Int, to reader: LineReader) async {
        let line = [UInt8](repeating: 97, count: 100_000) + [10]
        for _ in 0..<count {
            _ = take(line[...], reader)
            await Task.yield()
        }
        reader.finish(isWhole: true)
    }
}

@Suite(.timeLimit(.minutes(1))) struct LineReaderTests {
    @Test func anyPiecesMakeTheSameLines() async {
        let loop = EventLoop(name: "lines")
        let user = LineUser(loop)
        var random = SeededGenerator.forTest("lines in pieces")
        for round in 0..<300 {
            let body = (0..<Int.random(in: 0..<400, using: &random)).map { _ -> UInt8 in
                [10, 13, 97, 98, 99].randomElement(using: &random) ?? 97
            }
            var expected = body.split(separator: 10).map { line in Array(line.last == 13 ? line.dropLast() : line) }
            expected.removeAll { $0.isEmpty }
            let pieces = (0..<5).map { _ in Int.random(in: 1..<50, using: &random) }
            #expect(await user.lines(body, pieces: pieces, limit: 1_000_000) == expected, "round \(round)")
        }
        loop.shutDown()
    }

    @Test func whatIsBrokenOffIsReadOnWithoutLossOrRepetition() async {
        let loop = EventLoop(name: "lines")
        let user = LineUser(loop)
        let lines = (0..<40).map { number in [UInt8](repeating: UInt8(65 + number % 26), count: 20_000 + number) }
        let body = Array(lines.map { $0 + [10] }.joined())
        #expect(await user.lines(body, pieces: [7_777], limit: 1) == lines)
        loop.shutDown()
    }

    @Test func linesAreTakenWhileTheyCome() async {
        let loop = EventLoop(name: "lines")
        #expect(await LineUser(loop).linesWhileTheyCome(50) == 50)
        loop.shutDown()
    }
}
