import Envelope

/// Reads a streamed answer in OpenAI's form: chunks of chat completions or of completions, and `[DONE]`.
/// https://platform.openai.com/docs/api-reference/chat-streaming
struct OpenAIStreamReader: StreamReader {
    private let type: RequestType
    /// Tells what an error in the stream means.
    private let classify: @Sendable (UnsafeRawBufferPointer) -> ProviderError

    init(_ type: RequestType, classify: @escaping @Sendable (UnsafeRawBufferPointer) -> ProviderError) {
        self.type = type
        self.classify = classify
    }

    mutating func read(_ event: String, _ data: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError) {
        if data.elementsEqual("[DONE]".utf8) { return answer.end() }
        let chunk = try JSONView(event: data)
        guard chunk.kind == .object else { throw .corruptStream("it is \(chunk.kind.description)") }
        // Some servers put what went wrong beside a choice that looks like any other.
        if event == "error" || chunk["error"] != nil { throw classify(data) }
        if let model = chunk["model"], model.kind == .string, !model.isEmpty { answer.model(model.json) }
        try chunk["choices"]?.forEachElement { (choice: JSONView) throws(ProviderError) in try read(choice, into: &answer) }
        if let usage = chunk["usage"] ?? chunk["x_groq"]?["usage"] { answer.usage = OpenAIUsage.read(usage) ?? answer.usage }
    }

    /// Reads one of a chunk's choices, or of those of a complete answer.
    func read(_ choice: JSONView, into answer: inout AnswerBuilder) throws(ProviderError) {
        let index = choice["index"]?.integer ?? 0
        if type == .completion {
            if let text = choice["text"]?.escaped { try answer.text(text, choice: index) }
        } else if let delta = choice["delta"] ?? choice["message"] {
            try read(delta: delta, index, into: &answer)
        }
        try choice["logprobs"]?["content"]?.forEachElement { (token: JSONView) throws(ProviderError) in
            try answer.logprob(token.json, choice: index)
        }
        if let reason = choice["finish_reason"], reason.kind == .string, !reason.isEmpty {
            guard !reason.isString("error") else { throw .failedModel }
            try answer.finish(reason.json, choice: index)
        }
    }

    private func read(delta: JSONView, _ choice: Int, into answer: inout AnswerBuilder) throws(ProviderError) {
        // One look at each member: this is done for every token.
        try delta.forEachMember { (key: JSONView.Key, value: JSONView) throws(ProviderError) in
            if let text = value.escaped {
                if key.isNamed("content") {
                    try answer.text(text, choice: choice)
                } else if key.isNamed("reasoning_content") || key.isNamed("reasoning") {
                    try answer.reasoning(text, choice: choice)
                } else if key.isNamed("refusal") {
                    try answer.refusal(text, choice: choice)
                }
            } else if key.isNamed("tool_calls") {
                try value.forEachElement { (call: JSONView) throws(ProviderError) in try read(call: call, choice, into: &answer) }
            }
        }
    }

    /// Reads a piece of a tool call. Some servers give each parallel call the index 0, and tell them apart by their ids alone; some
    /// repeat id and name with each piece.
    private func read(call: JSONView, _ choice: Int, into answer: inout AnswerBuilder) throws(ProviderError) {
        let index = call["index"]?.integer
        let function = call["function"]
        let id = call["id"]?.escaped
        if let name = function?["name"]?.escaped, name.count > 0,
            !answer.hasToolCall(at: index ?? 0, id: id, choice: choice)
        {
            try answer.toolCall(
                at: index, id: id ?? UnsafeRawBufferPointer(start: nil, count: 0), name: name, extra: Self.extra(call), choice: choice)
        }
        if let arguments = function?["arguments"]?.escaped { try answer.arguments(arguments, at: index, choice: choice) }
    }

    /// What compatible servers add to a call, such as the signature of Gemini's thoughts.
    private static func extra(_ call: JSONView) -> [UInt8] {
        call["extra_content"].map { Array(",\"extra_content\":".utf8) + Array($0.json) } ?? []
    }
}
