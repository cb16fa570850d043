import Envelope

/// Writes the bodies of Cohere's `/chat` and `/embed`.
struct CohereRequestWriter {
    private static let name = "cohere"

    /// The members so far, which `extra` must not repeat.
    private var written: [StaticString] = []

    // MARK: Chat

    mutating func writeChat(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        writer.append("{\"model\":")
        writer.appendJSON(call.model)
        for field in call.request.payload where field.field != .other {
            let value = JSONView(at: field.value, in: call.bytes)
            if value.kind != .null { try write(field.field, value, into: &writer) }
        }
        if let most = call[.maxCompletionTokens] ?? call[.maxTokens] {
            copy(most, as: "max_tokens", into: &writer)
        } else if let most = call.defaultMaxTokens {
            begin("max_tokens", into: &writer)
            writer.append(most)
        }
        try writeThinking(call[.thinking], effort: call[.reasoningEffort], into: &writer)
        try writeExtra(call, into: &writer)
        writer.append(call.request.stream ? ",\"stream\":true}" : ",\"stream\":false}")
    }

    private mutating func write(_ field: RequestField, _ value: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        switch field {
        case .messages:
            begin("messages", into: &writer)
            try CohereMessages.write(value, into: &writer)
        case .temperature: copy(value, as: "temperature", into: &writer)
        case .topP: copy(value, as: "p", into: &writer)
        case .topK: copy(value, as: "k", into: &writer)
        case .seed: copy(value, as: "seed", into: &writer)
        case .presencePenalty: if value.double != 0 { copy(value, as: "presence_penalty", into: &writer) }
        case .frequencyPenalty: if value.double != 0 { copy(value, as: "frequency_penalty", into: &writer) }
        case .stop: writeStop(value, into: &writer)
        case .logprobs:
            guard let isWanted = value.boolean else { throw .untranslatable(Self.name, "logprobs is neither true nor false") }
            if isWanted { copy(value, as: "logprobs", into: &writer) }
        case .tools: try writeTools(value, into: &writer)
        case .toolChoice: try writeToolChoice(value, into: &writer)
        case .responseFormat: try writeResponseFormat(value, into: &writer)
        case .maxTokens, .maxCompletionTokens, .thinking, .reasoningEffort, .user: break
        case .n: if value.integer != 1 { throw .unsupported(Self.name, "n above 1") }
        case .logitBias: if !value.isEmpty { throw .unsupported(Self.name, "logit_bias") }
        case .topLogprobs: if value.integer != 0 { throw .unsupported(Self.name, "top_logprobs") }
        case .parallelToolCalls:
            if value.boolean != true { throw .unsupported(Self.name, "parallel_tool_calls that is false") }
        case .serviceTier:
            guard value.isString("auto") || value.isString("default") else {
                throw .unsupported(Self.name, "service_tier", "leave it out, or give the number \"priority\" in extra")
            }
        default: throw .unsupported(Self.name, "\(field.name) in chats")
        }
    }

    private mutating func writeStop(_ value: JSONView, into writer: inout ByteWriter) {
        if value.kind == .array { return copy(value, as: "stop_sequences", into: &writer) }
        begin("stop_sequences", into: &writer)
        writer.append("[")
        writer.append(value.json)
        writer.append("]")
    }

    /// Cohere's models think unless they are told not to, and have a budget but no efforts.
    private mutating func writeThinking(_ thinking: JSONView?, effort: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        if let effort, !effort.isString("none") {
            throw .unsupported(Self.name, "reasoning_effort but none", "give \"thinking\" with a budget instead")
        }
        guard thinking != nil || effort != nil else { return }
        let type = thinking?["type"]
        let isOn = type?.isString("enabled") == true || type?.isString("adaptive") == true
        guard thinking == nil || isOn || type?.isString("disabled") == true else {
            throw .untranslatable(Self.name, "the type of thinking is neither enabled, disabled nor adaptive")
        }
        if isOn && effort != nil { throw .untranslatable(Self.name, "thinking is enabled, and reasoning_effort is none") }
        begin("thinking", into: &writer)
        writer.append(isOn ? "{\"type\":\"enabled\"" : "{\"type\":\"disabled\"")
        if isOn, let budget = thinking?["budget_tokens"] {
            writer.append(",\"token_budget\":")
            writer.append(budget.json)
        }
        writer.append("}")
    }

    private mutating func writeResponseFormat(_ format: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard let type = format["type"] else { throw .untranslatable(Self.name, "response_format has no type") }
        if type.isString("text") { return }
        if type.isString("json_object") {
            begin("response_format", into: &writer)
            writer.append("{\"type\":\"json_object\"}")
        } else if type.isString("json_schema") {
            guard let schema = format["json_schema"]?["schema"], schema.kind == .object else {
                throw .untranslatable(Self.name, "response_format.json_schema has no schema")
            }
            begin("response_format", into: &writer)
            writer.append("{\"type\":\"json_object\",\"json_schema\":")
            writer.append(schema.json)
            writer.append("}")
        } else {
            throw .unsupported(Self.name, "response_format \(type.quoted)", "give text, json_object or json_schema")
        }
    }

    // MARK: Tools

    /// Writes the tools, and `strict_tools` if one of them is to be followed strictly, for that is for all or none.
    private mutating func writeTools(_ tools: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard !tools.isEmpty else { return }
        begin("tools", into: &writer)
        var isStrict = false
        var isFirst = true
        writer.append("[")
        try tools.forEachElement { (tool: JSONView) throws(ProviderError) in
            if !isFirst { writer.append(",") }
            isFirst = false
            guard tool["type"]?.isString("function") == true else { return writer.append(tool.json) }
            guard let function = tool["function"], let name = function["name"], name.kind == .string else {
                throw .untranslatable(Self.name, "a tool has no function with a name")
            }
            writer.append("{\"type\":\"function\",\"function\":{\"name\":")
            writer.append(name.json)
            if let description = function["description"] {
                writer.append(",\"description\":")
                writer.append(description.json)
            }
            // Cohere requires what OpenAI lets one leave out.
            writer.append(",\"parameters\":")
            if let parameters = function["parameters"] {
                writer.append(parameters.json)
            } else {
                writer.append("{\"type\":\"object\",\"properties\":{}}")
            }
            writer.append("}}")
            if function["strict"]?.boolean == true { isStrict = true }
        }
        writer.append("]")
        guard isStrict else { return }
        begin("strict_tools", into: &writer)
        writer.append(true)
    }

    private mutating func writeToolChoice(_ choice: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        if choice.isString("auto") { return }
        guard choice.isString("required") || choice.isString("none") else {
            throw .unsupported(
                Self.name, choice.kind == .object ? "tool_choice of one function" : "tool_choice \(choice.quoted)",
                "give auto, required or none")
        }
        begin("tool_choice", into: &writer)
        writer.append(choice.isString("required") ? "\"REQUIRED\"" : "\"NONE\"")
    }

    // MARK: Embeddings

    mutating func writeEmbedding(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        writer.append("{\"model\":")
        writer.appendJSON(call.model)
        var hasType = false
        var hasEncoding = false
        for field in call.request.payload where field.field != .other {
            let value = JSONView(at: field.value, in: call.bytes)
            if value.kind == .null { continue }
            switch field.field {
            case .input: try writeTexts(value, into: &writer)
            case .dimensions: copy(value, as: "output_dimension", into: &writer)
            case .encodingFormat:
                guard value.isString("float") || value.isString("base64") else {
                    throw .unsupported(Self.name, "encoding_format \(value.quoted)", "give float or base64")
                }
                hasEncoding = true
                begin("embedding_types", into: &writer)
                writer.append(value.isString("float") ? "[\"float\"]" : "[\"base64\"]")
            case .user: break
            default: throw .unsupported(Self.name, "\(field.field.name) in embeddings")
            }
        }
        try call.forEachExtra { (key, _) throws(ProviderError) in
            if call.bytes.equals("\"input_type\"", at: key) { hasType = true }
            if call.bytes.equals("\"embedding_types\"", at: key) { hasEncoding = true }
        }
        if !hasType { writer.append(",\"input_type\":\"search_document\"") }
        if !hasEncoding { writer.append(",\"embedding_types\":[\"float\"]") }
        try writeExtra(call, into: &writer)
        writer.append("}")
    }

    private mutating func writeTexts(_ input: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        begin("texts", into: &writer)
        if input.kind == .string {
            writer.append("[")
            writer.append(input.json)
            writer.append("]")
        } else {
            try input.forEachElement { (text: JSONView) throws(ProviderError) in
                guard text.kind == .string else { throw .unsupported(Self.name, "input of tokens", "give texts") }
            }
            writer.append(input.json)
        }
    }

    // MARK: Members

    private func writeExtra(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        try call.forEachExtra { (key, value) throws(ProviderError) in
            let name = ByteRange(start: key.start + 1, end: key.end - 1)
            if let twice = written.first(where: { call.bytes.equals($0, at: name) }) {
                throw .untranslatable(Self.name, "\(twice) of extra is given by another field too")
            }
            writer.append(",")
            writer.append(call.bytes[key])
            writer.append(":")
            writer.append(value.json)
        }
    }

    private mutating func copy(_ value: JSONView, as name: StaticString, into writer: inout ByteWriter) {
        begin(name, into: &writer)
        writer.append(value.json)
    }

    private mutating func begin(_ name: StaticString, into writer: inout ByteWriter) {
        written.append(name)
        writer.append(",\"")
        writer.append(name)
        writer.append("\":")
    }
}

extension JSONView {
    /// A word of a request for an error message, with quotes and of bounded length.
    var quoted: String { string.map { "\"\($0.prefix(40))\"" } ?? "that is \(kind.description)" }
}
