import Envelope

/// Reads the content blocks of an answer, whole or in pieces: a whole block is one that is opened with all it has and then closed.
///
/// Blocks of tools that Anthropic runs by itself are passed over.
struct AnthropicAnswerReader {
    /// Tells that the answer is not as expected.
    private let fault: @Sendable (String) -> ProviderError
    private var usage = AnthropicUsage()

    /// The block of thinking that is open: its text and its signature, escaped.
    private var thinking: (text: [UInt8], signature: [UInt8])?
    /// The arguments that the open tool call has if no others come, as JSON.
    private var input: [UInt8]?

    init(fault: @escaping @Sendable (String) -> ProviderError) {
        self.fault = fault
    }

    /// Reads what is known when an answer begins.
    mutating func readStart(_ message: JSONView, into answer: inout AnswerBuilder) {
        if let model = message["model"], model.kind == .string { answer.model(model.json) }
        readUsage(message["usage"], into: &answer)
    }

    /// Reads counts, which go for the whole answer so far.
    mutating func readUsage(_ usage: JSONView?, into answer: inout AnswerBuilder) {
        guard let usage else { return }
        self.usage.read(usage)
        answer.usage = self.usage.total
    }

    // MARK: Blocks

    /// - Parameter index: the block's number; nil if its pieces do not come one by one.
    mutating func openBlock(_ block: JSONView, at index: Int?, into answer: inout AnswerBuilder) throws(ProviderError) {
        try closeBlock(into: &answer)
        guard let type = block["type"] else { throw fault("a content block has no type") }
        if type.isString("text") {
            if let text = block["text"]?.escaped { try answer.text(text) }
            try block["citations"]?.forEachElement { (citation: JSONView) throws(ProviderError) in
                try answer.element(of: .citations, citation.json)
            }
        } else if type.isString("thinking") {
            thinking = ([], [])
            if let text = block["thinking"]?.escaped { try addThinking(text, into: &answer) }
            if let signature = block["signature"]?.escaped { thinking?.signature.append(contentsOf: signature) }
        } else if type.isString("redacted_thinking") {
            try answer.element(of: .thinkingBlocks, block.json)
        } else if type.isString("tool_use") {
            guard let id = block["id"]?.escaped, let name = block["name"]?.escaped else {
                throw fault("a tool_use block has no id or name")
            }
            try answer.toolCall(at: index, id: id, name: name)
            input = block["input"].map { Array($0.json) } ?? Array("{}".utf8)
        }
    }

    /// Reads a piece of the block that is open.
    mutating func readDelta(_ delta: JSONView, at index: Int, into answer: inout AnswerBuilder) throws(ProviderError) {
        guard let type = delta["type"] else { throw fault("a delta has no type") }
        if type.isString("text_delta") {
            if let text = delta["text"]?.escaped { try answer.text(text) }
        } else if type.isString("input_json_delta") {
            guard let piece = delta["partial_json"]?.escaped, piece.count > 0, answer.hasToolCall(at: index) else { return }
            input = nil
            try answer.arguments(piece, at: index)
        } else if type.isString("thinking_delta") {
            if let text = delta["thinking"]?.escaped { try addThinking(text, into: &answer) }
        } else if type.isString("signature_delta") {
            if let signature = delta["signature"]?.escaped { thinking?.signature.append(contentsOf: signature) }
        } else if type.isString("citations_delta") {
            if let citation = delta["citation"] { try answer.element(of: .citations, citation.json) }
        }
    }

    mutating func closeBlock(into answer: inout AnswerBuilder) throws(ProviderError) {
        if let input {
            self.input = nil
            var writer = ByteWriter(capacity: input.count)
            input.withUnsafeBytes { writer.append($0) }
            try answer.arguments(json: writer.bytes)
        }
        guard let thinking else { return }
        self.thinking = nil
        var writer = ByteWriter(capacity: thinking.text.count + thinking.signature.count + 64)
        writer.append("{\"type\":\"thinking\",\"thinking\":\"")
        thinking.text.withUnsafeBytes { writer.append($0) }
        writer.append("\",\"signature\":\"")
        thinking.signature.withUnsafeBytes { writer.append($0) }
        writer.append("\"}")
        try answer.element(of: .thinkingBlocks, writer.bytes)
    }

    private mutating func addThinking(_ text: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError) {
        thinking?.text.append(contentsOf: text)
        try answer.reasoning(text)
    }

    // MARK: The end

    /// Reads why the model stopped, if that is said.
    mutating func readStop(_ message: JSONView, into answer: inout AnswerBuilder) throws(ProviderError) {
        try closeBlock(into: &answer)
        guard let reason = message["stop_reason"], reason.kind == .string else { return }
        if let why = message["stop_details"]?["explanation"]?.escaped { try answer.refusal(why) }
        let meanings: [(StaticString, StaticString)] = [
            ("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "stop"), ("tool_use", "tool_calls"), ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"), ("refusal", "content_filter"),
        ]
        if let known = meanings.first(where: { reason.isString($0.0) }) {
            try answer.finish(known.1)
        } else {
            try answer.finish(reason.json)
        }
    }
}

/// Tokens as Anthropic counts them: reads from its cache and writes to it are beside the input, and later counts replace earlier ones.
struct AnthropicUsage {
    private var input = 0
    private var cacheRead = 0
    private var cacheWrite = 0
    private var output = 0
    private var reasoning = 0
    private var isGiven = false

    mutating func read(_ usage: JSONView) {
        usage.forEachMember { key, value in
            if value.kind == .null { return }
            if key.isNamed("input_tokens") {
                input = TokenCount.read(value)
                isGiven = true
            } else if key.isNamed("output_tokens") {
                output = TokenCount.read(value)
                isGiven = true
            } else if key.isNamed("cache_read_input_tokens") {
                cacheRead = TokenCount.read(value)
            } else if key.isNamed("cache_creation_input_tokens") {
                cacheWrite = TokenCount.read(value)
            } else if key.isNamed("output_tokens_details") {
                reasoning = TokenCount.read(value["thinking_tokens"])
            }
        }
    }

    /// Nil if there were no counts.
    var total: Usage? {
        guard isGiven else { return nil }
        return Usage(input: input + cacheRead + cacheWrite, output: output, cached: cacheRead, cacheWrite: cacheWrite, reasoning: reasoning)
    }
}
