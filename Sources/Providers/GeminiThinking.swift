import Envelope

/// How `reasoning_effort` and `thinking` are said in Gemini's `thinkingConfig`: as a level from Gemini 3 on, else as a budget of tokens.
/// https://ai.google.dev/gemini-api/docs/openai#thinking
enum GeminiThinking {
    /// The member that says it, its value as JSON; nil if the request says nothing.
    static func member(of call: ModelCall) throws(ProviderError) -> (name: StaticString, value: String)? {
        switch (call[.thinking], call[.reasoningEffort]) {
        case (nil, nil): return nil
        case (let thinking?, nil): return ("thinking_budget", String(try budget(thinking)))
        case (nil, let effort?): return try member(effort: effort, model: call.model)
        case (_?, _?): throw untranslatable("thinking and reasoning_effort exclude each other; give one of them")
        }
    }

    /// Whether a `thinkingConfig` says already how much is to be thought, by either spelling, or is no object.
    static func isDecided(by config: JSONView?) -> Bool {
        guard let config else { return false }
        return config.kind != .object || config["thinking_budget"] != nil || config["thinkingBudget"] != nil
            || config["thinking_level"] != nil || config["thinkingLevel"] != nil
    }

    private static func budget(_ thinking: JSONView) throws(ProviderError) -> Int {
        guard let type = thinking["type"], type.kind == .string else { throw untranslatable("thinking has no type") }
        if type.isString("disabled") { return 0 }
        // Gemini's word for "as much as it takes".
        if type.isString("adaptive") { return -1 }
        guard type.isString("enabled") else {
            throw .unsupported(
                GeminiFormat.provider, "thinking of type \(GeminiFormat.quoted(type))", "give \"enabled\", \"disabled\" or \"adaptive\"")
        }
        guard let tokens = thinking["budget_tokens"]?.integer else { throw untranslatable("thinking has no budget_tokens") }
        return tokens
    }

    private static func member(effort: JSONView, model: String) throws(ProviderError) -> (name: StaticString, value: String) {
        if effort.isString("none") { return ("thinking_budget", "0") }
        let hasLevels = generation(of: model).map { $0 >= 3 } ?? false
        if effort.isString("minimal") {
            // The pro models have no such level.
            return hasLevels ? ("thinking_level", model.contains("pro") ? "\"LOW\"" : "\"MINIMAL\"") : ("thinking_budget", "1024")
        }
        if effort.isString("low") { return hasLevels ? ("thinking_level", "\"LOW\"") : ("thinking_budget", "1024") }
        if effort.isString("medium") { return hasLevels ? ("thinking_level", "\"MEDIUM\"") : ("thinking_budget", "8192") }
        if effort.isString("high") { return hasLevels ? ("thinking_level", "\"HIGH\"") : ("thinking_budget", "24576") }
        if effort.isString("xhigh"), hasLevels { return ("thinking_level", "\"XHIGH\"") }
        throw .unsupported(
            GeminiFormat.provider, "reasoning_effort \(GeminiFormat.quoted(effort)) for the model \(model)", "give another one")
    }

    /// The 3 of `gemini-3.1-pro-preview`.
    private static func generation(of model: String) -> Int? {
        guard model.hasPrefix("gemini-") else { return nil }
        return Int(model.dropFirst("gemini-".count).prefix { $0.isASCII && $0.isNumber })
    }

    private static func untranslatable(_ what: String) -> ProviderError {
        .untranslatable(GeminiFormat.provider, what)
    }
}
