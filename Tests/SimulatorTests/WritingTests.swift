import Envelope
import Foundation
import Testing

@testable import Simulator

@Suite struct WritingTests {
    @Test(arguments: [
        (0, "0s"), (1, "1ms"), (999, "999ms"), (1000, "1s"), (1500, "1.5s"), (59_999, "59.999s"), (60_000, "1m0s"), (360_000, "6m0s"),
        (90_250, "1m30.25s"),
    ])
    func writesDurationsAsGoDoes(_ milliseconds: Int, _ expected: String) {
        #expect(written { $0.append(goDuration: .milliseconds(milliseconds)) } == expected)
    }

    @Test func embeddingsInBase64AreThoseInNumbers() throws {
        var random = Seeds.stream()
        for dimensions in 1...40 {
            var request = ModelRequest(.embedding)
            request.model = "\"m\""
            request.inputs = [random.next(), random.next()]
            request.dimensions = dimensions
            let numbers = try vectors(request) as? [[Double]] ?? []
            request.isBase64 = true
            let texts = try vectors(request) as? [String] ?? []
            #expect(numbers.map(\.count) == [dimensions, dimensions] && texts.count == 2)
            for (vector, text) in zip(numbers, texts) {
                let bytes = try #require(Data(base64Encoded: text))
                let floats = stride(from: 0, to: bytes.count, by: 4).map { offset in
                    let pattern = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
                    return Float(bitPattern: UInt32(littleEndian: pattern))
                }
                #expect(floats.count == dimensions)
                #expect(zip(vector, floats).allSatisfy { abs($0 - Double($1)) < 1e-6 })
            }
        }
    }

    @Test func fingerprintsDifferByEveryBit() {
        var random = Seeds.stream()
        for length in 1...64 {
            var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let original = bytes.withUnsafeBytes { Fingerprint.of($0, salt: 0) }
            for bit in 0..<(length * 8) {
                bytes[bit / 8] ^= 1 << (bit % 8)
                #expect(bytes.withUnsafeBytes { Fingerprint.of($0, salt: 0) } != original)
                bytes[bit / 8] ^= 1 << (bit % 8)
            }
        }
    }

    private func vectors(_ request: ModelRequest) throws -> [Any] {
        let text = written { EmbeddingAnswer(request: request, seed: 1).write(to: &$0) }
        let answer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (answer?["data"] as? [[String: Any]] ?? []).compactMap { $0["embedding"] }
    }

    private func written(_ write: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
