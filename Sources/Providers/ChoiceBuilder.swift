import Envelope

/// An array that a message may have beside its text.
enum MessageArray: Int, CaseIterable {
    /// Blocks of reasoning that the provider wants back in the next turn.
    case thinkingBlocks
    /// What the answer quotes, in the provider's form.
    case citations
    /// Pictures that the model has made, as `image_url` parts.
    case images

    var name: StaticString {
        switch self {
        case .thinkingBlocks: "thinking_blocks"
        case .citations: "citations"
        case .images: "images"
        }
    }
}

/// One answer of those that a request may ask for, as it grows.
struct ChoiceBuilder {
    enum Part {
        case content
        case reasoning
        case refusal

        var name: StaticString {
            switch self {
            case .content: "content"
            case .reasoning: "reasoning_content"
            case .refusal: "refusal"
            }
        }
    }

    var toolCalls: [ToolCallBuilder] = []
    /// As JSON.
    var finishReason: [UInt8]?
    /// Whether its first delta has been kept.
    var isAnnounced = false
    private var content: [UInt8]?
    private var reasoning: [UInt8] = []
    private var refusal: [UInt8] = []
    private var logprobs: [UInt8] = []
    /// The elements, with commas between them.
    private var arrays = [[UInt8]](repeating: [], count: MessageArray.allCases.count)

    var textBytes: Int {
        (content?.count ?? 0) + reasoning.count + refusal.count + toolCalls.reduce(0) { $0 + $1.name.count + $1.arguments.count }
    }

    /// Where the tool call with that number of the provider's is; the last one's place if no number is given.
    func place(ofToolCall index: Int?) -> Int? {
        guard let index else { return toolCalls.indices.last }
        return toolCalls.lastIndex { $0.index == index }
    }

    mutating func add(_ escaped: UnsafeRawBufferPointer, to part: Part) {
        switch part {
        case .content:
            if content == nil { content = [] }
            content?.append(contentsOf: escaped)
        case .reasoning: reasoning.append(contentsOf: escaped)
        case .refusal: refusal.append(contentsOf: escaped)
        }
    }

    mutating func add(_ json: UnsafeRawBufferPointer, to array: MessageArray) {
        if !arrays[array.rawValue].isEmpty { arrays[array.rawValue].append(UInt8(ascii: ",")) }
        arrays[array.rawValue].append(contentsOf: json)
    }

    mutating func addLogprob(_ json: UnsafeRawBufferPointer) {
        if !logprobs.isEmpty { logprobs.append(UInt8(ascii: ",")) }
        logprobs.append(contentsOf: json)
    }

    // MARK: Writing

    /// Writes an element of `choices`.
    func write(index: Int, into writer: inout ByteWriter) {
        writer.append("{\"index\":")
        writer.append(index)
        writer.append(",\"message\":")
        _ = writeMessage(into: &writer)
        if !logprobs.isEmpty {
            writer.append(",\"logprobs\":")
            _ = writeLogprobs(into: &writer)
        }
        writer.append(",\"finish_reason\":")
        if let finishReason { finishReason.withUnsafeBytes { writer.append($0) } } else { writer.append("null") }
        writer.append("}")
    }

    /// Writes the message and returns where it is.
    func writeMessage(into writer: inout ByteWriter) -> ByteRange {
        let start = writer.count
        writer.append("{\"role\":\"assistant\",\"content\":")
        if let content {
            writer.append("\"")
            content.withUnsafeBytes { writer.append($0) }
            writer.append("\"")
        } else {
            writer.append("null")
        }
        writeText(refusal, .refusal, into: &writer)
        writeText(reasoning, .reasoning, into: &writer)
        for array in MessageArray.allCases where !arrays[array.rawValue].isEmpty {
            writer.append(",\"")
            writer.append(array.name)
            writer.append("\":[")
            arrays[array.rawValue].withUnsafeBytes { writer.append($0) }
            writer.append("]")
        }
        if !toolCalls.isEmpty {
            writer.append(",\"tool_calls\":[")
            for (index, call) in toolCalls.enumerated() {
                if index > 0 { writer.append(",") }
                call.write(into: &writer)
            }
            writer.append("]")
        }
        writer.append("}")
        return ByteRange(start: start, end: writer.count)
    }

    /// Writes the log probabilities and returns where they are; nil if there are none.
    func writeLogprobs(into writer: inout ByteWriter) -> ByteRange? {
        guard !logprobs.isEmpty else { return nil }
        let start = writer.count
        writer.append("{\"content\":[")
        logprobs.withUnsafeBytes { writer.append($0) }
        writer.append("]}")
        return ByteRange(start: start, end: writer.count)
    }

    private func writeText(_ escaped: [UInt8], _ part: Part, into writer: inout ByteWriter) {
        guard !escaped.isEmpty else { return }
        writer.append(",\"")
        writer.append(part.name)
        writer.append("\":\"")
        escaped.withUnsafeBytes { writer.append($0) }
        writer.append("\"")
    }
}

/// A tool call as it grows; its texts are escaped.
struct ToolCallBuilder {
    /// The provider's number for it.
    let index: Int
    let id: [UInt8]
    let name: [UInt8]
    /// Further members, with a comma before each.
    let extra: [UInt8]
    var arguments: [UInt8] = []

    func write(into writer: inout ByteWriter) {
        writer.append("{\"id\":\"")
        id.withUnsafeBytes { writer.append($0) }
        writer.append("\",\"type\":\"function\",\"function\":{\"name\":\"")
        name.withUnsafeBytes { writer.append($0) }
        writer.append("\",\"arguments\":\"")
        if arguments.isEmpty { writer.append("{}") } else { arguments.withUnsafeBytes { writer.append($0) } }
        writer.append("\"}")
        extra.withUnsafeBytes { writer.append($0) }
        writer.append("}")
    }
}
