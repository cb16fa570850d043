/// The top-level fields of a request that Switchyard knows.
package enum RequestField: UInt8, CaseIterable, Hashable, Sendable {
    // For Switchyard itself.
    case version, id, type, model, extra, tenant, sessionID, priority, deadline, cache, stream, replyTo, metadata

    // For the provider.
    case messages, prompt, input, temperature, topP, maxTokens, maxCompletionTokens, stop, seed, n, presencePenalty, frequencyPenalty
    case logitBias, logprobs, topLogprobs, user, reasoningEffort, parallelToolCalls, tools, toolChoice, responseFormat, dimensions
    case encodingFormat, suffix, verbosity, topK, thinking, serviceTier

    // Of an OpenAI Batch line.
    case customID, method, url, body

    /// A field that Switchyard does not know.
    case other

    /// The field's name in JSON.
    package var name: StaticString {
        switch self {
        case .version: "version"
        case .id: "id"
        case .type: "type"
        case .model: "model"
        case .extra: "extra"
        case .tenant: "tenant"
        case .sessionID: "session_id"
        case .priority: "priority"
        case .deadline: "deadline"
        case .cache: "cache"
        case .stream: "stream"
        case .replyTo: "reply_to"
        case .metadata: "metadata"
        case .messages: "messages"
        case .prompt: "prompt"
        case .input: "input"
        case .temperature: "temperature"
        case .topP: "top_p"
        case .maxTokens: "max_tokens"
        case .maxCompletionTokens: "max_completion_tokens"
        case .stop: "stop"
        case .seed: "seed"
        case .n: "n"
        case .presencePenalty: "presence_penalty"
        case .frequencyPenalty: "frequency_penalty"
        case .logitBias: "logit_bias"
        case .logprobs: "logprobs"
        case .topLogprobs: "top_logprobs"
        case .user: "user"
        case .reasoningEffort: "reasoning_effort"
        case .parallelToolCalls: "parallel_tool_calls"
        case .tools: "tools"
        case .toolChoice: "tool_choice"
        case .responseFormat: "response_format"
        case .dimensions: "dimensions"
        case .encodingFormat: "encoding_format"
        case .suffix: "suffix"
        case .verbosity: "verbosity"
        case .topK: "top_k"
        case .thinking: "thinking"
        case .serviceTier: "service_tier"
        case .customID: "custom_id"
        case .method: "method"
        case .url: "url"
        case .body: "body"
        case .other: ""
        }
    }

    /// True if the field is passed on to the provider.
    package var isPayload: Bool { rawValue >= RequestField.messages.rawValue && rawValue <= RequestField.serviceTier.rawValue }

    /// The field's place in a set of fields.
    var bit: UInt64 { 1 << UInt64(rawValue) }

    // MARK: Finding a field by name

    /// The field of that name, or ``other``.
    static func named(_ name: UnsafeRawBufferPointer) -> RequestField {
        guard name.count > 0 else { return .other }
        var slot = Self.slot(name)
        while true {
            let field = table[slot]
            if field == .other { return .other }
            if name.equals(field.name, at: ByteRange(start: 0, end: name.count)) { return field }
            slot = (slot + 1) & (tableSize - 1)
        }
    }

    private static let tableSize = 256

    /// An open hash table of all names; ``other`` marks a free slot.
    private static let table: [RequestField] = {
        var table = [RequestField](repeating: .other, count: tableSize)
        for field in allCases where field != .other {
            var slot = slot(UnsafeRawBufferPointer(start: field.name.utf8Start, count: field.name.utf8CodeUnitCount))
            while table[slot] != .other { slot = (slot + 1) & (tableSize - 1) }
            table[slot] = field
        }
        return table
    }()

    private static func slot(_ name: UnsafeRawBufferPointer) -> Int {
        let middle = Int(name[name.count / 2])
        return (Int(name[0]) &* 5 &+ middle &* 11 &+ Int(name[name.count - 1]) &* 3 &+ name.count &* 37) & (tableSize - 1)
    }
}
