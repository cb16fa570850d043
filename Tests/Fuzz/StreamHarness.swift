internal import Envelope
internal import HTTP
internal import Providers

/// The reader of streamed answers behind the parser of server-sent events, as the router runs them.
enum StreamHarness {
    private enum Ending: Equatable {
        case whole(answer: [UInt8], finishReason: ByteRange?, usage: Usage?)
        case broken
        case failed(ProviderError)
        case unreadable(SSEError)
    }

    private struct Outcome: Equatable {
        var deltas: [[UInt8]] = []
        var ending = Ending.broken
    }

    private static let mostEventBytes = 1 << 20

    static func run(_ format: any WireFormat, _ input: UnsafeRawBufferPointer) {
        for type in [RequestType.chat, .completion] where format.path(for: type, isStreamed: true) != nil {
            let whole = read(type, format) { (feed) throws in try feed(input) }
            let cut = read(type, format) { (feed) throws in try input.forEachPiece(feed) }
            require(whole == cut, "the answer depends on where the stream is cut: \(whole) and \(cut)")
        }
    }

    private static func read(
        _ type: RequestType, _ format: any WireFormat, _ body: (_ feed: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) -> Outcome {
        var parser = SSEParser(maxLineBytes: mostEventBytes, maxEventBytes: mostEventBytes)
        var reader = format.makeStreamReader(type)
        var builder = AnswerBuilder(type, keepsDeltas: true)
        var outcome = Outcome()
        do {
            try body { piece in
                try parser.feed(piece) { event in
                    guard !builder.isEnded else { return }
                    try reader.read(event.type, event.data, into: &builder)
                    for delta in builder.takeDeltas() {
                        delta.json.withUnsafeBytes { requireJSON($0, [.object], "a delta") }
                        outcome.deltas.append(delta.json)
                    }
                }
            }
            require(builder.textBytes >= 0 && builder.textBytes <= 8 * Mutator.mostBytes, "an answer has \(builder.textBytes) bytes")
            guard builder.isComplete else { return outcome }
            let result = try builder.result()
            requireSound(result, UnsafeRawBufferPointer(start: nil, count: 0))
            outcome.ending = .whole(
                answer: result.written.map { Array($0.bytes) } ?? [], finishReason: result.finishReason, usage: result.usage)
        } catch let error as ProviderError {
            requireSound(error)
            outcome.ending = .failed(error)
        } catch let error as SSEError {
            outcome.ending = .unreadable(error)
        } catch {
            fatalError("broken promise: a stream throws \(error)")
        }
        return outcome
    }
}
