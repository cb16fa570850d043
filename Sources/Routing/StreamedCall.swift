internal import Envelope
internal import HTTP
internal import Providers

/// A streamed answer while it comes in. Confined to its loop.
final class StreamedCall {
    private var parser: SSEParser
    private var reader: any StreamReader
    private var builder: AnswerBuilder
    private let onDelta: ((AnswerBuilder.Delta) -> Void)?
    private var failure: ProviderError?
    private var hasBegun = false
    private let format: any WireFormat
    private var hasEvents = false
    /// The beginning of a body that has no events: perhaps it is no stream.
    private var plain: [UInt8] = []

    private static let longestPlain = 4_096

    /// Thrown to end a connection that goes on after the stream's end.
    private struct IsOver: Error {}

    /// - Parameters:
    ///   - maxBytes: the largest event.
    ///   - onDelta: gets what each event adds; nil if nobody wants it.
    init(_ type: RequestType, _ format: any WireFormat, maxBytes: Int, onDelta: ((AnswerBuilder.Delta) -> Void)?) {
        parser = SSEParser(maxLineBytes: maxBytes, maxEventBytes: maxBytes)
        self.format = format
        reader = format.makeStreamReader(type)
        builder = AnswerBuilder(type, keepsDeltas: onDelta != nil)
        self.onDelta = onDelta
    }

    /// Takes the next piece of the body.
    ///
    /// - Throws: what makes the rest not worth having; `outcome` tells it too.
    func take(_ piece: UnsafeRawBufferPointer) throws {
        hasBegun = true
        guard !builder.isEnded else { throw IsOver() }
        if !hasEvents, plain.count < Self.longestPlain { plain.append(contentsOf: piece.prefix(Self.longestPlain - plain.count)) }
        do {
            try parser.feed(piece) { event in
                hasEvents = true
                guard !builder.isEnded else { return }
                try reader.read(event.type, event.data, into: &builder)
                if let onDelta { for delta in builder.takeDeltas() { onDelta(delta) } }
            }
        } catch {
            failure =
                error as? ProviderError ?? ProviderError(code: .streamCorrupt, message: "the provider's stream cannot be read: \(error)")
            throw error
        }
    }

    /// What has come of it.
    ///
    /// - Parameter error: what ended the connection; nil if it ended as it should.
    /// - Throws: why it is no whole answer.
    func outcome(_ error: HTTPError?) throws(ProviderError) -> ProviderResult {
        if let failure { throw failure }
        // What becomes of the connection after the end is of no interest. Where there is no mark of it, usage comes last.
        if builder.isComplete, builder.isEnded || builder.usage != nil { return try builder.result() }
        if !hasEvents, let first = plain.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            throw plain.withUnsafeBytes { format.classify(status: 200, header: { _ in nil }, body: $0, now: 0) }
        }
        if let error {
            switch error.kind {
            case .timeout(.idle):
                throw ProviderError(code: .streamStalled, message: "\(error.description); http.idle_timeout_ms is how long that may last")
            case .connectionLost where hasBegun, .protocolViolation where hasBegun:
                throw ProviderError(code: .streamTruncated, message: "\(error.description), before the stream's end")
            case .consumerFailed: break
            default:
                throw ProviderError(error) ?? ProviderError(code: .internal, message: "cancelled")
            }
        }
        guard builder.isComplete else {
            throw ProviderError(
                code: .streamTruncated, message: "the provider's stream ended without a finish reason, so the answer is not whole")
        }
        return try builder.result()
    }
}
