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

/// The bytes of an answer at `range` as text.
func text(_ result: ProviderResult, _ range: ByteRange?, body: String) -> String? {
    guard let written = result.written else { return text(body, range) }
    return range.map { String(decoding: written.bytes[$0], as: UTF8.self) }
}

/// The message, or the embeddings, of an answer as text.
func content(_ result: ProviderResult, body: String = "") -> [String?] {
    switch result.content {
    case .message(let message, _): [text(result, message, body: body)]
    case .text(let range, _): [text(result, range, body: body)]
    case .embeddings(let ranges): ranges.map { text(result, $0, body: body) }
    }
}

/// The body that a format writes for an envelope given as text.
func body(_ format: any WireFormat, _ envelope: String, model: String = "m", maxTokens: Int? = nil) throws -> String {
    try withBytes(envelope) { (bytes) throws in
        let request = try RequestDecoder.decode(bytes)
        var writer = ByteWriter()
        try format.writeBody(ModelCall(request, bytes: bytes, model: model, defaultMaxTokens: maxTokens), into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Decodes a provider's answer given as text.
func answer(_ type: RequestType, _ body: String, _ format: any WireFormat = OpenAIFormat()) throws(ProviderError) -> ProviderResult {
    try withBytes(body) { bytes throws(ProviderError) in try format.decodeAnswer(type, bytes) }
}

/// Classifies a failed call given as text.
func failure(
    _ status: Int, _ body: String, headers: [String: String] = [:], now: Int64 = 0, _ format: any WireFormat = OpenAIFormat()
) -> ProviderError {
    withBytes(body) { format.classify(status: status, header: { headers[$0] }, body: $0, now: now) }
}

/// What comes of a stream of events, given as type and data.
struct Streamed {
    /// As text.
    var deltas: [String] = []
    var builder: AnswerBuilder

    init(_ type: RequestType = .chat, _ events: [(type: String, data: String)], _ format: any WireFormat) throws(ProviderError) {
        builder = AnswerBuilder(type, keepsDeltas: true)
        var reader = format.makeStreamReader(type)
        for event in events {
            try withBytes(event.data) { (bytes) throws(ProviderError) in try reader.read(event.type, bytes, into: &builder) }
            deltas += builder.takeDeltas().map { String(decoding: $0.json, as: UTF8.self) }
        }
    }
}

/// That an answer has another form than a test is about.
struct Unexpected: Error {}
