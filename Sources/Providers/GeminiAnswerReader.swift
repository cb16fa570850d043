import Envelope

/// Reads a `GenerateContentResponse`: the whole answer, or one event of a stream.
/// https://ai.google.dev/api/generate-content#generatecontentresponse
struct GeminiAnswerReader {
    /// Tool calls so far.
    private var callCount = 0

    /// Reads a whole answer.
    mutating func read(_ response: JSONView, into answer: inout AnswerBuilder) throws(ProviderError) {
        guard response.kind == .object else { throw .malformed("it is \(response.kind.description)", .chat) }
        guard try readCandidates(response, into: &answer) else {
            throw .malformed("it has no first candidate with content or finishReason", .chat)
        }
    }

    /// Reads what a stream's event adds.
    mutating func readEvent(_ response: JSONView, into answer: inout AnswerBuilder) throws(ProviderError) {
        guard response.kind == .object else { throw .corruptStream("it is \(response.kind.description)") }
        _ = try readCandidates(response, into: &answer)
    }

    /// - Returns: whether the first candidate is there and says anything.
    private mutating func readCandidates(_ response: JSONView, into answer: inout AnswerBuilder) throws(ProviderError) -> Bool {
        if let model = response["modelVersion"], model.kind == .string, !model.isEmpty { answer.model(model.json) }
        if let usage = response["usageMetadata"].flatMap(GeminiUsage.read) { answer.usage = usage }
        guard let candidates = response["candidates"], !candidates.isEmpty else {
            if let reason = response["promptFeedback"]?["blockReason"] { throw Self.blocked(reason) }
            return false
        }
        var saysAnything = false
        try candidates.forEachElement { (candidate: JSONView) throws(ProviderError) in
            let choice = candidate["index"]?.integer ?? 0
            if try read(candidate, choice, into: &answer), choice == 0 { saysAnything = true }
        }
        return saysAnything
    }

    private static func blocked(_ reason: JSONView) -> ProviderError {
        ProviderError(
            code: .contentFiltered, message: "the provider has blocked the prompt: \(GeminiFormat.quoted(reason))", retryable: false)
    }

    /// - Returns: whether it has content, or says why the model stopped.
    private mutating func read(_ candidate: JSONView, _ choice: Int, into answer: inout AnswerBuilder) throws(ProviderError) -> Bool {
        let parts = candidate["content"]?["parts"]
        try parts?.forEachElement { (part: JSONView) throws(ProviderError) in
            try GeminiPartReader(part).add(to: choice, of: &answer, callCount: &callCount)
        }
        try candidate["citationMetadata"]?["citationSources"]?.forEachElement { (source: JSONView) throws(ProviderError) in
            try answer.element(of: .citations, source.json, choice: choice)
        }
        if let grounding = candidate["groundingMetadata"], grounding.kind == .object, !grounding.isEmpty {
            try answer.element(of: .citations, grounding.json, choice: choice)
        }
        if let logprobs = candidate["logprobsResult"] { try GeminiLogprobs.read(logprobs, choice, into: &answer) }
        guard let reason = candidate["finishReason"], reason.kind == .string else { return parts?.first != nil }
        try Self.finish(reason, choice, of: &answer)
        return true
    }

    /// Says why the model stopped.
    ///
    /// - Throws: ``ProviderError`` if the model has made nothing that can be used.
    private static func finish(_ reason: JSONView, _ choice: Int, of answer: inout AnswerBuilder) throws(ProviderError) {
        switch GeminiFinish(reason) {
        case .stop: try answer.finish(answer.hasToolCalls(choice: choice) ? "tool_calls" : "stop", choice: choice)
        case .length: try answer.finish("length", choice: choice)
        case .filtered: try answer.finish("content_filter", choice: choice)
        case .unsaid: break
        case .failed:
            throw ProviderError(
                code: .malformedResponse, message: message("the model has made nothing that can be used", reason))
        case .refused:
            throw ProviderError(code: .providerInvalidRequest, message: message("the provider refuses the conversation", reason))
        case .unknown: try answer.finish(reason.json, choice: choice)
        }
    }

    private static func message(_ what: String, _ reason: JSONView) -> String {
        "\(what): finishReason \(GeminiFormat.quoted(reason))"
    }
}

/// What the values of `finishReason` mean.
/// https://ai.google.dev/api/generate-content#FinishReason
enum GeminiFinish {
    case stop
    case length
    /// The answer, or the rest of it, is withheld.
    case filtered
    /// No usable answer, but another call may bring one.
    case failed
    /// No call like this one can succeed.
    case refused
    case unsaid
    case unknown

    private static let words: [(word: StaticString, meaning: GeminiFinish)] = [
        ("STOP", .stop),
        ("MAX_TOKENS", .length), ("CONTINUATION", .length), ("TOO_MANY_TOOL_CALLS", .length),
        ("SAFETY", .filtered), ("RECITATION", .filtered), ("LANGUAGE", .filtered), ("BLOCKLIST", .filtered),
        ("PROHIBITED_CONTENT", .filtered), ("SPII", .filtered), ("MODEL_ARMOR", .filtered), ("ESCALATION", .filtered),
        ("PUP_LIMITED_DISABLED", .filtered), ("IMAGE_SAFETY", .filtered), ("IMAGE_PROHIBITED_CONTENT", .filtered),
        ("IMAGE_RECITATION", .filtered), ("IMAGE_OTHER", .filtered), ("OTHER", .filtered),
        ("MALFORMED_FUNCTION_CALL", .failed), ("UNEXPECTED_TOOL_CALL", .failed), ("MALFORMED_RESPONSE", .failed), ("NO_IMAGE", .failed),
        ("MISSING_THOUGHT_SIGNATURE", .refused),
        ("FINISH_REASON_UNSPECIFIED", .unsaid), ("", .unsaid),
    ]

    init(_ reason: JSONView) {
        self = Self.words.first { reason.isString($0.word) }?.meaning ?? .unknown
    }
}
