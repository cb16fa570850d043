import Envelope
import Foundation

/// A JSON text of which parts can be taken out as they stand.
struct RawJSON {
    private let bytes: [UInt8]

    init(_ data: Data) {
        bytes = Array(data)
    }

    var root: ByteRange { ByteRange(start: 0, end: bytes.count) }

    func text(_ range: ByteRange?) -> String {
        range.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) } ?? ""
    }

    func string(_ range: ByteRange?) -> String {
        range.map { range in bytes.withUnsafeBytes { JSONText.string(at: range, in: $0) } } ?? ""
    }

    func elements(of range: ByteRange?) -> [ByteRange] {
        read(range) { scanner throws(JSONError) in
            var elements: [ByteRange] = []
            var more = try scanner.openArray()
            while more {
                elements.append(try scanner.value().range)
                more = try scanner.nextElement()
            }
            return elements
        } ?? []
    }

    func members(of range: ByteRange?) -> [String: ByteRange] {
        bytes.withUnsafeBytes { bytes in
            read(range) { scanner throws(JSONError) in
                var members: [String: ByteRange] = [:]
                var more = try scanner.openObject()
                while more {
                    let key = try scanner.key()
                    members[JSONText.string(key, in: bytes)] = try scanner.value().range
                    more = try scanner.nextMember()
                }
                return members
            } ?? [:]
        }
    }

    private func read<Result>(_ range: ByteRange?, _ body: (inout JSONScanner) throws(JSONError) -> Result) -> Result? {
        guard let range else { return nil }
        return bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes, at: range.start)
            return try? body(&scanner)
        }
    }
}
