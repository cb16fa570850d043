import Envelope

/// Writes the body of `generateContent`, with the names that Google's own SDK sends: some are in snake case, for the API takes either, as
/// all of proto3's JSON.
///
/// https://ai.google.dev/api/generate-content#method:-models.generatecontent
struct GeminiRequestWriter: ~Copyable {
    private let call: ModelCall
    /// The members beside `contents` and `generationConfig`.
    private var members = GeminiMembers()
    private var config = GeminiMembers()

    init(_ call: ModelCall) {
        self.call = call
    }

    consuming func write(into writer: inout ByteWriter) throws(ProviderError) {
        try readExtra()
        for field in call.request.payload where field.field != .other {
            let value = JSONView(at: field.value, in: call.bytes)
            if value.kind != .null { try write(field.field, value) }
        }
        if let tokens = call.maxTokens ?? call.defaultMaxTokens { config.write("maxOutputTokens", tokens) }
        try writeThinking()
        config.copyOverriding()

        writer.append("{\"contents\":[")
        var contents = GeminiContentWriter()
        if let messages = call[.messages] { try contents.write(messages, into: &writer) }
        writer.append("]")
        writeSystem(contents.system)
        try writeExtra()
        members.write(into: &writer, isFirst: false)
        // An empty one too, as the SDK does: it has one wherever something beside the contents is asked for.
        if !config.isEmpty || !members.isEmpty {
            writer.append(",\"generationConfig\":{")
            config.write(into: &writer, isFirst: true)
            writer.append("}")
        }
        writer.append("}")
    }

    private mutating func write(_ field: RequestField, _ value: JSONView) throws(ProviderError) {
        switch field {
        case .messages, .user, .maxTokens, .maxCompletionTokens, .reasoningEffort, .thinking: break
        case .temperature: config.write("temperature", value)
        case .topP: config.write("topP", value)
        case .topK: config.write("topK", value)
        case .seed: config.write("seed", value)
        case .n: if value.integer != 1 { config.write("candidateCount", value) }
        case .presencePenalty: if value.double != 0 { config.write("presencePenalty", value) }
        case .frequencyPenalty: if value.double != 0 { config.write("frequencyPenalty", value) }
        case .stop: writeStop(value)
        case .logprobs: try writeLogprobs(value)
        case .topLogprobs: if value.integer != 0 { try writeTopLogprobs(value) }
        case .responseFormat: try writeResponseFormat(value)
        case .tools: try writeTools(value)
        case .toolChoice: try writeToolChoice(value)
        case .serviceTier: try writeServiceTier(value)
        case .parallelToolCalls: if value.boolean == false { throw refused("parallel_tool_calls: false") }
        case .logitBias: if !value.isEmpty { throw refused("logit_bias") }
        default: throw refused(field.name.description)
        }
    }

    private func refused(_ what: String, _ advice: String = "leave it out") -> ProviderError {
        .unsupported(GeminiFormat.provider, what, advice)
    }

    private func untranslatable(_ what: String) -> ProviderError {
        .untranslatable(GeminiFormat.provider, what)
    }

    // MARK: Generation

    private mutating func writeStop(_ stop: JSONView) {
        guard !(stop.kind == .array && stop.isEmpty), config.beginUnlessGiven("stopSequences") else { return }
        if stop.kind == .string { config.bytes.append("[") }
        config.bytes.append(stop.json)
        if stop.kind == .string { config.bytes.append("]") }
    }

    private mutating func writeLogprobs(_ logprobs: JSONView) throws(ProviderError) {
        guard let isAsked = logprobs.boolean else { throw untranslatable("logprobs is not a boolean; give how many as top_logprobs") }
        if isAsked { config.write("responseLogprobs", logprobs) }
    }

    private mutating func writeTopLogprobs(_ count: JSONView) throws(ProviderError) {
        guard call[.logprobs]?.boolean == true else { throw untranslatable("top_logprobs needs logprobs: true") }
        config.write("logprobs", count)
    }

    private mutating func writeResponseFormat(_ format: JSONView) throws(ProviderError) {
        guard let type = format["type"], type.kind == .string else { throw untranslatable("response_format has no type") }
        if type.isString("text") { return }
        guard type.isString("json_object") || type.isString("json_schema") else {
            throw refused("response_format of type \(GeminiFormat.quoted(type))")
        }
        if config.beginUnlessGiven("responseMimeType") { config.bytes.append("\"application/json\"") }
        guard type.isString("json_schema") else { return }
        guard let schema = format["json_schema"]?["schema"], schema.kind == .object else {
            throw untranslatable("response_format has no json_schema.schema that is an object")
        }
        config.write("responseJsonSchema", schema)
    }

    // MARK: Thinking

    /// Writes how much the model is to think. What `extra` says of it comes before what the request's own fields say.
    private mutating func writeThinking() throws(ProviderError) {
        guard let (name, value) = try GeminiThinking.member(of: call) else { return }
        let given = config.overriding?["thinkingConfig"]
        if GeminiThinking.isDecided(by: given) { return }
        config.begin("thinkingConfig")
        config.bytes.append("{\"")
        config.bytes.append(name)
        config.bytes.append("\":")
        config.bytes.append(text: value)
        given?.forEachMember { key, value in
            if value.kind != .null { config.copy(key.json, value) }
        }
        config.bytes.append("}")
    }

    // MARK: Tools

    private mutating func writeTools(_ tools: JSONView) throws(ProviderError) {
        guard !tools.isEmpty else { return }
        members.begin("tools")
        members.bytes.append("[")
        var hasFunctions = false
        try tools.forEachElement { (tool: JSONView) throws(ProviderError) in
            guard tool["type"]?.isString("function") == true else { return }
            members.bytes.append(hasFunctions ? "," : "{\"functionDeclarations\":[")
            hasFunctions = true
            try writeDeclaration(tool["function"])
        }
        if hasFunctions { members.bytes.append("]}") }
        var needsComma = hasFunctions
        tools.forEachElement { tool in
            guard tool["type"]?.isString("function") != true else { return }
            if needsComma { members.bytes.append(",") }
            needsComma = true
            members.bytes.append(tool.json)
        }
        members.bytes.append("]")
    }

    /// Writes a function. Gemini knows no `strict`, and keeps to the schema all the same.
    private mutating func writeDeclaration(_ function: JSONView?) throws(ProviderError) {
        guard let function, let name = function["name"], name.kind == .string else {
            throw untranslatable("a tool has no function with a name")
        }
        members.bytes.append("{\"name\":")
        members.bytes.append(name.json)
        if let description = function["description"] {
            members.bytes.append(",\"description\":")
            members.bytes.append(description.json)
        }
        if let parameters = function["parameters"] {
            members.bytes.append(",\"parameters_json_schema\":")
            members.bytes.append(parameters.json)
        }
        members.bytes.append("}")
    }

    private mutating func writeToolChoice(_ choice: JSONView) throws(ProviderError) {
        let mode: StaticString
        var name: JSONView?
        if choice.isString("auto") {
            mode = "AUTO"
        } else if choice.isString("none") {
            mode = "NONE"
        } else if choice.isString("required") {
            mode = "ANY"
        } else if choice["type"]?.isString("function") == true, let named = choice["function"]?["name"], named.kind == .string {
            mode = "ANY"
            name = named
        } else {
            throw refused("such a tool_choice", "give \"auto\", \"none\", \"required\" or a function's name")
        }
        members.begin("toolConfig")
        members.bytes.append("{\"functionCallingConfig\":{\"mode\":\"")
        members.bytes.append(mode)
        members.bytes.append("\"")
        if let name {
            members.bytes.append(",\"allowedFunctionNames\":[")
            members.bytes.append(name.json)
            members.bytes.append("]")
        }
        members.bytes.append("}}")
    }

    // MARK: The rest

    private mutating func writeServiceTier(_ tier: JSONView) throws(ProviderError) {
        if tier.isString("auto") || tier.isString("default") { return }
        guard tier.isString("flex") || tier.isString("standard") || tier.isString("priority") else {
            throw refused("service_tier \(GeminiFormat.quoted(tier))", "give \"auto\", \"standard\", \"flex\" or \"priority\"")
        }
        members.write("serviceTier", tier)
    }

    private mutating func writeSystem(_ texts: [JSONView]) {
        guard !texts.isEmpty else { return }
        members.begin("systemInstruction")
        members.bytes.append("{\"parts\":[")
        for (index, text) in texts.enumerated() {
            members.bytes.append(index == 0 ? "{\"text\":" : ",{\"text\":")
            members.bytes.append(text.json)
            members.bytes.append("}")
        }
        members.bytes.append("],\"role\":\"user\"}")
    }

    /// Finds the part of `extra` that belongs into `generationConfig`.
    private mutating func readExtra() throws(ProviderError) {
        var given: JSONView?
        try call.forEachExtra { (key: ByteRange, value: JSONView) throws(ProviderError) in
            guard call.bytes.equals("\"generationConfig\"", at: key), value.kind != .null else { return }
            guard value.kind == .object else { throw untranslatable("extra.generationConfig is not an object") }
            given = value
        }
        config.overriding = given
    }

    private mutating func writeExtra() throws(ProviderError) {
        try call.forEachExtra { (key: ByteRange, value: JSONView) throws(ProviderError) in
            guard !call.bytes.equals("\"generationConfig\"", at: key) else { return }
            guard !call.bytes.equals("\"contents\"", at: key), !members.hasBegun(call.bytes[key]) else {
                throw untranslatable("extra has a member that the request's own fields give already; leave it out of extra")
            }
            members.copy(call.bytes[key], value)
        }
    }
}
