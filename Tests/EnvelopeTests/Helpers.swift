import Envelope
import Foundation

/// Decodes a message given as text.
func decode(_ text: String) throws(EnvelopeError) -> RequestEnvelope {
    try decode(Array(text.utf8))
}

func decode(_ bytes: [UInt8]) throws(EnvelopeError) -> RequestEnvelope {
    try withBytes(bytes) { bytes throws(EnvelopeError) in try RequestDecoder.decode(bytes) }
}

/// Runs `body` on bytes that begin at an odd address and end at the end of their memory, so that misaligned and overlong reads show.
func withBytes<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
    defer { memory.deallocate() }
    UnsafeMutableRawBufferPointer(rebasing: memory[1...]).copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(rebasing: memory[1...]))
}

/// What `read` makes of the whole text.
func reading<Result>(_ text: String, _ read: (ByteRange, UnsafeRawBufferPointer) -> Result) -> Result {
    withBytes(Array(text.utf8)) { read(ByteRange(start: 0, end: $0.count), $0) }
}

/// The bytes at `range` as text.
func text(_ bytes: String, _ range: ByteRange?) -> String? {
    range.map { String(decoding: Array(bytes.utf8)[$0.start..<$0.end], as: UTF8.self) }
}

/// What `body` writes, as text.
func written(_ body: (inout ByteWriter) -> Void) -> String {
    var writer = ByteWriter(capacity: 16)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

/// Scans the whole text as one JSON value.
func scan(_ bytes: [UInt8]) -> Result<JSONValue, JSONError> {
    withBytes(bytes) { bytes in
        do throws(JSONError) {
            var scanner = JSONScanner(bytes)
            let value = try scanner.value()
            try scanner.end()
            return .success(value)
        } catch {
            return .failure(error)
        }
    }
}

/// What Foundation makes of a JSON text.
func foundation(_ text: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}
