import Envelope

/// Reads a streamed answer: a message begins, blocks are opened, grow and are closed, the message ends.
/// https://platform.claude.com/docs/en/build-with-claude/streaming
struct AnthropicStreamReader: StreamReader {
    private var reader = AnthropicAnswerReader(fault: ProviderError.corruptStream)
    /// Tells what an error in the stream means.
    private let classify: @Sendable (UnsafeRawBufferPointer) -> ProviderError

    init(classify: @escaping @Sendable (UnsafeRawBufferPointer) -> ProviderError) {
        self.classify = classify
    }

    /// Events say their type inside too, which counts. Unknown ones are passed over, for there may be more.
    mutating func read(_ type: String, _ data: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError) {
        let event = try JSONView(event: data)
        guard let type = event["type"] else {
            if event["error"] != nil { throw classify(data) }
            throw .corruptStream(event.kind == .object ? "it has no type" : "it is \(event.kind.description)")
        }
        if type.isString("content_block_delta") {
            guard let delta = event["delta"] else { throw .corruptStream("a content_block_delta has no delta") }
            try reader.readDelta(delta, at: event["index"]?.integer ?? 0, into: &answer)
        } else if type.isString("content_block_start") {
            guard let block = event["content_block"] else { throw .corruptStream("a content_block_start has no content_block") }
            try reader.openBlock(block, at: event["index"]?.integer ?? 0, into: &answer)
        } else if type.isString("content_block_stop") {
            try reader.closeBlock(into: &answer)
        } else if type.isString("message_start") {
            if let message = event["message"] { reader.readStart(message, into: &answer) }
        } else if type.isString("message_delta") {
            reader.readUsage(event["usage"], into: &answer)
            if let delta = event["delta"] { try reader.readStop(delta, into: &answer) }
        } else if type.isString("message_stop") {
            answer.end()
        } else if type.isString("error") {
            throw classify(data)
        }
    }
}
