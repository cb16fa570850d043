import TestSupport
import Testing

@testable import Compression

@Suite struct CompressorTests {
    private func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] {
        bytes.withUnsafeBytes { Compressor(level: level).compress($0) }
    }

    private func decompress(_ frame: [UInt8], limit: Int = 1 << 20) -> Result<[UInt8], DecompressionError> {
        Result { () throws(DecompressionError) in try Compressor(level: 1).decompress(frame, limit: limit) }
    }

    @Test(arguments: [1, 3, 19]) func whatWasCompressedIsTakenApart(level: Int) throws {
        var random = SeededGenerator.forTest("compression")
        // One for all: a context is used again.
        let compressor = Compressor(level: level)
        for size in [0, 1, 2, 100, 1_000, 70_000, 300_000] {
            for alphabet: ClosedRange<UInt8> in [0...0, 32...63, 0...255] {
                let bytes = (0..<size).map { _ in UInt8.random(in: alphabet, using: &random) }
                let frame = bytes.withUnsafeBytes { compressor.compress($0) }
                let opened = try compressor.decompress(frame, limit: size)
                #expect(opened == bytes)
                if size >= 1_000, alphabet == 32...63 { #expect(frame.count < size * 3 / 4) }
            }
        }
    }

    @Test func aSmallFrameOfMuchIsRefused() {
        let bomb = compress(Array(repeating: 0, count: 1 << 20))
        #expect(bomb.count < 1_000)
        #expect(decompress(bomb, limit: (1 << 20) - 1) == .failure(.tooLarge(bytes: 1 << 20)))
        #expect(decompress(bomb).map(\.count) == .success(1 << 20))
    }

    /// A frame of ten bytes that names more than there can be.
    @Test func whatAFrameNamesIsNotSetAside() {
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0] + Array(repeating: 0x7f, count: 8) + [1, 0, 0]
        #expect(decompress(frame) == .failure(.tooLarge(bytes: 0x7f7f_7f7f_7f7f_7f7f)))
    }

    @Test func whatIsNoWholeFrameIsRefused() {
        let frame = compress(Array("an answer, and an answer, and an answer".utf8))
        for length in frame.indices { #expect(decompress(Array(frame.prefix(length))) == .failure(.malformed), "\(length) bytes") }
        #expect(decompress(frame + [0]) == .failure(.malformed))
        #expect(decompress(frame + frame) == .failure(.malformed))
        #expect(decompress(Array("no frame at all".utf8)) == .failure(.malformed))
    }

    @Test func aDamagedFrameHarmsNobody() {
        var random = SeededGenerator.forTest("damaged frames")
        let frame = compress((0..<2_000).map { _ in UInt8.random(in: 32...40, using: &random) })
        let compressor = Compressor(level: 1)
        for _ in 0..<5_000 {
            var damaged = frame
            damaged[Int.random(in: 0..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            if let bytes = try? compressor.decompress(damaged, limit: 10_000) { #expect(bytes.count <= 10_000) }
        }
    }
}
