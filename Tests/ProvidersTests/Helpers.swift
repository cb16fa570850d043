import Envelope
import Providers

/// Runs `body` on the bytes of a text.
func withBytes<Result, Failure: Error>(_ text: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result
{
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: text.utf8)
    return try body(UnsafeRawBufferPointer(memory))
}

/// The bytes at `range` as text.
func text(_ source: String, _ range: ByteRange?) -> String? {
    range.map { String(decoding: Array(source.utf8)[$0.start..<$0.end], as: UTF8.self) }
}

/// Decodes a provider's answer given as text.
func answer(_ type: RequestType, _ body: String) throws(ProviderError) -> ProviderResult {
    try withBytes(body) { bytes throws(ProviderError) in try ProviderAdapter.openAI.decodeResponse(type, bytes) }
}

/// Classifies a failed call given as text.
func failure(_ status: Int, _ body: String, headers: [String: String] = [:], now: Int64 = 0) -> ProviderError {
    withBytes(body) { ProviderAdapter.openAI.classify(status: status, header: { headers[$0] }, body: $0, now: now) }
}
