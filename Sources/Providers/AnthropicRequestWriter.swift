import Envelope

/// Writes the body of a call to Anthropic's Messages API.
struct AnthropicRequestWriter {
    private let call: ModelCall
    /// The members so far.
    private var names: [StaticString] = []

    /// Answers may be this long if nobody says how long. The API has no default.
    private static let defaultMaxTokens = 4096

    init(_ call: borrowing ModelCall) {
        self.call = copy call
    }

    mutating func write(into writer: inout ByteWriter) throws(ProviderError) {
        guard call.request.type == .chat, let messages = call[.messages] else {
            throw AnthropicFormat.unsupported("\(call.request.type.rawValue) requests", "ask a model of another provider")
        }
        try refuseWhatIsMissing()
        begin("model", into: &writer)
        writer.appendJSON(call.model)
        begin("max_tokens", into: &writer)
        writer.append(maxTokens)
        var conversation = AnthropicMessageWriter()
        begin("messages", into: &writer)
        try conversation.writeMessages(messages, into: &writer)
        if conversation.hasSystem {
            begin("system", into: &writer)
            try conversation.writeSystem(into: &writer)
        }
        // 1 is what both are without being given. Newer models take no other temperature, or not both of them.
        if call[.temperature]?.double != 1 { copy(.temperature, as: "temperature", into: &writer) }
        if call[.topP]?.double != 1 { copy(.topP, as: "top_p", into: &writer) }
        copy(.topK, as: "top_k", into: &writer)
        writeStop(into: &writer)
        try writeTools(into: &writer)
        try writeOutputConfiguration(into: &writer)
        writeThinking(into: &writer)
        if let user = call[.user] {
            begin("metadata", into: &writer)
            writer.append("{\"user_id\":")
            writer.append(user.json)
            writer.append("}")
        }
        try writeServiceTier(into: &writer)
        if call.request.stream {
            begin("stream", into: &writer)
            writer.append(true)
        }
        try writeExtra(into: &writer)
        writer.append("}")
    }

    // MARK: Members

    private mutating func begin(_ name: StaticString, into writer: inout ByteWriter) {
        writer.append(names.isEmpty ? "{\"" : ",\"")
        writer.append(name)
        writer.append("\":")
        names.append(name)
    }

    private mutating func copy(_ field: RequestField, as name: StaticString, into writer: inout ByteWriter) {
        guard let value = call[field] else { return }
        begin(name, into: &writer)
        writer.append(value.json)
    }

    private mutating func writeExtra(into writer: inout ByteWriter) throws(ProviderError) {
        let (bytes, names) = (call.bytes, names)
        try call.forEachExtra { (key, value) throws(ProviderError) in
            let name = ByteRange(start: key.start + 1, end: key.end - 1)
            if let twice = names.first(where: { bytes.equals($0, at: name) }) {
                throw AnthropicFormat.untranslatable("\(twice) is in extra, and is made from other fields too; leave one of them out")
            }
            writer.append(",")
            writer.append(bytes[key])
            writer.append(":")
            writer.append(value.json)
        }
    }

    /// Refuses each field that the API has not, unless it asks for nothing.
    private func refuseWhatIsMissing() throws(ProviderError) {
        for field in call.request.payload {
            let value = JSONView(at: field.value, in: call.bytes)
            let isFine =
                switch field.field {
                case .seed, .verbosity, .dimensions, .encodingFormat, .suffix: false
                case .n: value.integer == 1
                case .presencePenalty, .frequencyPenalty: value.double == 0
                case .logitBias: value.isEmpty
                case .logprobs, .topLogprobs: value.boolean == false || value.integer == 0
                default: true
                }
            if !isFine && value.kind != .null { throw AnthropicFormat.unsupported(field.field.name.description) }
        }
    }

    /// A budget for thinking is a part of the maximum, which must be larger.
    private var maxTokens: Int {
        if let given = call.maxTokens { return given }
        let usual = call.defaultMaxTokens ?? Self.defaultMaxTokens
        let budget = TokenCount.read(call[.thinking]?["budget_tokens"])
        return budget < usual ? usual : usual + budget
    }

    private mutating func writeStop(into writer: inout ByteWriter) {
        guard let stop = call[.stop] else { return }
        begin("stop_sequences", into: &writer)
        if stop.kind == .string {
            writer.append("[")
            writer.append(stop.json)
            writer.append("]")
        } else {
            writer.append(stop.json)
        }
    }

    private mutating func writeServiceTier(into writer: inout ByteWriter) throws(ProviderError) {
        guard let tier = call[.serviceTier] else { return }
        guard tier.isString("auto") || tier.isString("standard_only") || tier.isString("default") else {
            throw AnthropicFormat.unsupported("service_tier \(tier.excerpt)", "give auto or default")
        }
        begin("service_tier", into: &writer)
        // OpenAI's default is what is here had without priority.
        if tier.isString("default") { writer.append("\"standard_only\"") } else { writer.append(tier.json) }
    }

    // MARK: Thinking and the answer's form

    private mutating func writeThinking(into writer: inout ByteWriter) {
        if call[.thinking] != nil {
            copy(.thinking, as: "thinking", into: &writer)
        } else if call[.reasoningEffort]?.isString("none") == true {
            begin("thinking", into: &writer)
            writer.append("{\"type\":\"disabled\"}")
        }
    }

    private mutating func writeOutputConfiguration(into writer: inout ByteWriter) throws(ProviderError) {
        let effort = try effort()
        let schema = try schema()
        guard effort != nil || schema != nil else { return }
        begin("output_config", into: &writer)
        writer.append("{")
        if let effort {
            writer.append("\"effort\":\"")
            writer.append(effort)
            writer.append("\"")
        }
        if let schema {
            writer.append(effort == nil ? "" : ",")
            writer.append("\"format\":{\"type\":\"json_schema\",\"schema\":")
            writer.append(schema.json)
            writer.append("}")
        }
        writer.append("}")
    }

    private func effort() throws(ProviderError) -> StaticString? {
        guard let effort = call[.reasoningEffort], !effort.isString("none") else { return nil }
        let efforts: [(StaticString, StaticString)] = [
            ("minimal", "low"), ("low", "low"), ("medium", "medium"), ("high", "high"), ("xhigh", "xhigh"), ("max", "max"),
        ]
        guard let known = efforts.first(where: { effort.isString($0.0) }) else {
            throw AnthropicFormat.unsupported(
                "reasoning_effort \(effort.excerpt)", "give none, minimal, low, medium, high, xhigh or max")
        }
        return known.1
    }

    private func schema() throws(ProviderError) -> JSONView? {
        guard let format = call[.responseFormat], format["type"]?.isString("text") != true else { return nil }
        guard let type = format["type"] else { throw AnthropicFormat.untranslatable("response_format has no type") }
        guard type.isString("json_schema") else {
            throw AnthropicFormat.unsupported("response_format \(type.excerpt)", "give a json_schema")
        }
        guard let schema = format["json_schema"]?["schema"], schema.kind == .object else {
            throw AnthropicFormat.untranslatable("response_format.json_schema has no schema that is an object")
        }
        return schema
    }

    // MARK: Tools

    private mutating func writeTools(into writer: inout ByteWriter) throws(ProviderError) {
        guard let tools = call[.tools], !tools.isEmpty else { return try refuseToolChoiceWithoutTools() }
        begin("tools", into: &writer)
        var separator: StaticString = "["
        try tools.forEachElement { (tool: JSONView) throws(ProviderError) in
            writer.append(separator)
            separator = ","
            if tool["type"]?.isString("function") == true { try write(function: tool, into: &writer) } else { writer.append(tool.json) }
        }
        writer.append("]")
        try writeToolChoice(into: &writer)
    }

    private func write(function tool: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard let function = tool["function"], let name = function["name"], name.kind == .string else {
            throw AnthropicFormat.untranslatable("a tool has no function with a name")
        }
        writer.append("{\"name\":")
        writer.append(name.json)
        if let description = function["description"] {
            writer.append(",\"description\":")
            writer.append(description.json)
        }
        writer.append(",\"input_schema\":")
        if let parameters = function["parameters"] {
            writer.append(parameters.json)
        } else {
            writer.append("{\"type\":\"object\"}")
        }
        if let strict = function["strict"] {
            writer.append(",\"strict\":")
            writer.append(strict.json)
        }
        writer.appendCacheControl(tool["cache_control"])
        writer.append("}")
    }

    private mutating func writeToolChoice(into writer: inout ByteWriter) throws(ProviderError) {
        let isOneAtATime = call[.parallelToolCalls]?.boolean == false
        guard call[.toolChoice] != nil || isOneAtATime else { return }
        begin("tool_choice", into: &writer)
        let choice = call[.toolChoice]
        if choice?.isString("none") == true { return writer.append("{\"type\":\"none\"}") }
        if choice == nil || choice?.isString("auto") == true {
            writer.append("{\"type\":\"auto\"")
        } else if choice?.isString("required") == true {
            writer.append("{\"type\":\"any\"")
        } else if choice?["type"]?.isString("function") == true, let name = choice?["function"]?["name"], name.kind == .string {
            writer.append("{\"type\":\"tool\",\"name\":")
            writer.append(name.json)
        } else {
            throw AnthropicFormat.unsupported(
                "tool_choice \((choice?["type"] ?? choice)?.excerpt ?? "")",
                "give auto, none, required or a function with a name")
        }
        writer.append(isOneAtATime ? ",\"disable_parallel_tool_use\":true}" : "}")
    }

    private func refuseToolChoiceWithoutTools() throws(ProviderError) {
        guard let choice = call[.toolChoice], !choice.isString("auto"), !choice.isString("none") else { return }
        throw AnthropicFormat.untranslatable("tool_choice asks for a tool and there are no tools")
    }
}

extension AnthropicFormat {
    static func unsupported(_ what: String, _ advice: String = "leave it out") -> ProviderError {
        .unsupported(AnthropicFormat().name, what, advice)
    }

    static func untranslatable(_ what: String) -> ProviderError {
        .untranslatable(AnthropicFormat().name, what)
    }
}

extension JSONView {
    /// The value for a message to people, cut where it is long.
    var excerpt: String {
        String(decoding: json.prefix(64), as: UTF8.self)
    }
}

extension ByteWriter {
    /// Appends the mark that the prompt is to be cached up to here.
    mutating func appendCacheControl(_ mark: JSONView?) {
        guard let mark else { return }
        append(",\"cache_control\":")
        append(mark.json)
    }
}
