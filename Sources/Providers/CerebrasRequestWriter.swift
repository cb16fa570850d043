import Envelope
import Glibc

/// Writes the bodies of Cerebras' chat completions and completions: OpenAI's members, byte for byte where nothing has to be changed.
enum CerebrasRequestWriter {
    private static let name = "cerebras"

    /// Cerebras admits a call by its prompt and the tokens that it may make, up to the model's context if it names no number.
    private static let defaultMaxTokens = 4096

    /// What Cerebras takes in another form, or not at all, if it is in a message.
    private static let strangeWords: [StaticString] = [
        "cache_control", "reasoning_content", "thinking_blocks", "extra_content", "refusal", "input_audio", "file",
    ]

    static func write(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        let type = call.request.type
        guard type != .embedding else { throw .unsupported(name, "embedding models", "ask another provider") }
        writer.append("{\"model\":")
        writer.appendJSON(call.model)
        var extraSetsMaxTokens = false
        for field in call.request.payload {
            let value = JSONView(at: field.value, in: call.bytes)
            if field.field == .other {
                extraSetsMaxTokens =
                    extraSetsMaxTokens || call.bytes.equals("\"max_completion_tokens\"", at: field.key)
                    || call.bytes.equals("\"max_tokens\"", at: field.key)
            } else if value.kind == .null {
                continue
            } else if !has(field.field, in: type) {
                throw .unsupported(name, "\(field.field.name) in \(type.rawValue) requests")
            }
            switch field.field {
            case .maxTokens, .maxCompletionTokens, .reasoningEffort, .thinking: continue
            case .messages:
                writer.append(",\"messages\":")
                try write(messages: value, into: &writer)
            case .tools:
                writer.append(",\"tools\":")
                write(tools: value, into: &writer)
            default:
                writer.append(",")
                writer.append(call.bytes[field.member])
            }
        }
        if !extraSetsMaxTokens {
            writer.append(type == .chat ? ",\"max_completion_tokens\":" : ",\"max_tokens\":")
            if let most = call[.maxCompletionTokens] ?? call[.maxTokens] {
                writer.append(most.json)
            } else {
                writer.append(call.defaultMaxTokens ?? defaultMaxTokens)
            }
        }
        try write(effort: call[.reasoningEffort], thinking: call[.thinking], into: &writer)
        if call.request.stream {
            writer.append(call.asksForStreamUsage ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : ",\"stream\":true")
        }
        writer.append("}")
    }

    /// Whether Cerebras has such a field.
    private static func has(_ field: RequestField, in type: RequestType) -> Bool {
        switch field {
        case .temperature, .topP, .maxTokens, .maxCompletionTokens, .stop, .seed, .n, .presencePenalty, .frequencyPenalty, .logitBias,
            .logprobs, .user:
            true
        case .messages, .topLogprobs, .reasoningEffort, .parallelToolCalls, .tools, .toolChoice, .responseFormat, .thinking, .serviceTier:
            type == .chat
        case .prompt, .suffix: type == .completion
        default: false
        }
    }

    private static func write(effort: JSONView?, thinking: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        if let thinking, thinking["type"]?.isString("disabled") != true {
            throw .unsupported(name, "thinking with a budget", "give reasoning_effort instead")
        }
        if let effort {
            guard ["none", "low", "medium", "high"].contains(where: effort.isString) else {
                throw .unsupported(name, "reasoning_effort \(effort.quoted)", "give none, low, medium or high")
            }
            if thinking != nil && !effort.isString("none") {
                throw .untranslatable(name, "thinking is disabled, and reasoning_effort is \(effort.quoted)")
            }
            writer.append(",\"reasoning_effort\":")
            writer.append(effort.json)
        } else if thinking != nil {
            writer.append(",\"reasoning_effort\":\"none\"")
        }
    }

    // MARK: Messages

    private static func write(messages: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard messages.json.quotes(anyOf: strangeWords) else { return writer.append(messages.json) }
        try writeArray(messages, into: &writer) { (message, writer) throws(ProviderError) in
            try write(message: message, into: &writer)
        }
    }

    private static func write(message: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        let refusal = message["content"] == nil ? message["refusal"] : nil
        var isFirst = true
        writer.append("{")
        try message.forEachMember { (key: JSONView.Key, value: JSONView) throws(ProviderError) in
            if ["cache_control", "thinking_blocks", "refusal"].contains(where: key.isNamed) { return }
            if key.isNamed("content") && refusal != nil { return }
            if key.isNamed("reasoning_content") && (value.kind == .null || message["reasoning"] != nil) { return }
            if !isFirst { writer.append(",") }
            isFirst = false
            if key.isNamed("reasoning_content") { writer.append("\"reasoning\"") } else { writer.append(key.json) }
            writer.append(":")
            if key.isNamed("content") && value.kind == .array {
                try writeArray(value, into: &writer) { (part, writer) throws(ProviderError) in try write(part: part, into: &writer) }
            } else if key.isNamed("tool_calls") && value.kind == .array {
                writeArray(value, into: &writer) { (call, writer) in copy(call, without: "extra_content", into: &writer) }
            } else {
                writer.append(value.json)
            }
        }
        if let refusal {
            writer.append(isFirst ? "\"content\":" : ",\"content\":")
            writer.append(refusal.json)
        }
        writer.append("}")
    }

    private static func write(part: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        if let type = part["type"], type.isString("input_audio") || type.isString("file") {
            throw .unsupported(name, "\(type.quoted) in messages")
        }
        copy(part, without: "cache_control", into: &writer)
    }

    private static func write(tools: JSONView, into writer: inout ByteWriter) {
        guard tools.json.quotes(anyOf: ["cache_control"]) else { return writer.append(tools.json) }
        writeArray(tools, into: &writer) { (tool, writer) in copy(tool, without: "cache_control", into: &writer) }
    }

    // MARK: Values

    private static func writeArray<Failure: Error>(
        _ array: JSONView, into writer: inout ByteWriter, _ write: (JSONView, inout ByteWriter) throws(Failure) -> Void
    ) throws(Failure) {
        var isFirst = true
        writer.append("[")
        try array.forEachElement { (element: JSONView) throws(Failure) in
            if !isFirst { writer.append(",") }
            isFirst = false
            try write(element, &writer)
        }
        writer.append("]")
    }

    /// Copies a value, an object without the member of that name.
    private static func copy(_ value: JSONView, without name: StaticString, into writer: inout ByteWriter) {
        guard value.kind == .object else { return writer.append(value.json) }
        var isFirst = true
        writer.append("{")
        value.forEachMember { (key, value) in
            if key.isNamed(name) { return }
            if !isFirst { writer.append(",") }
            isFirst = false
            writer.append(key.json)
            writer.append(":")
            writer.append(value.json)
        }
        writer.append("}")
    }
}

extension UnsafeRawBufferPointer {
    /// Whether one of the words stands in the text between quotes, as the names of members do.
    func quotes(anyOf words: [StaticString]) -> Bool {
        guard let base = baseAddress else { return false }
        let quote = UInt8(ascii: "\"")
        var start = 0
        while let found = memchr(base + start, Int32(quote), count - start) {
            start = base.distance(to: UnsafeRawPointer(found)) + 1
            for word in words {
                let end = start + word.utf8CodeUnitCount
                if end < count, self[end] == quote, equals(word, at: ByteRange(start: start, end: end)) { return true }
            }
        }
        return false
    }
}
