internal import Envelope

extension OpenAIDialect {
    // MARK: Whole answers

    func append(_ answer: Answer, to writer: inout ByteWriter) {
        let isChat = answer.request.endpoint == .chat
        appendOpening(answer, isChunk: false, to: &writer)
        writer.append(",\"choices\":[{\"index\":0,")
        if isChat {
            appendMessage(answer, to: &writer)
        } else {
            writer.append("\"text\":")
            appendTexts(answer, to: &writer)
        }
        writer.append(",\"logprobs\":null,\"finish_reason\":")
        appendFinishReason(answer, to: &writer)
        writer.append("}]")
        if answer.tellsUsage { appendUsage(answer, to: &writer) }
        if flavour == .cerebras { Self.appendTimeInfo(answer, to: &writer) }
        writer.append("}")
    }

    private func appendMessage(_ answer: Answer, to writer: inout ByteWriter) {
        let calls = answer.calls
        writer.append("\"message\":{\"role\":\"assistant\",\"content\":")
        if calls.isEmpty { appendTexts(answer, to: &writer) } else { writer.append("null") }
        if flavour == .openAI { writer.append(",\"refusal\":null,\"annotations\":[]") }
        if let reasoning = answer.parts.first, case .reasoning = reasoning {
            writer.append(",\"")
            writer.append(reasoningName)
            writer.append("\":")
            answer.appendText(of: reasoning, to: &writer)
        }
        if !calls.isEmpty {
            writer.append(",\"tool_calls\":[")
            for call in calls {
                if call.index > 0 { writer.append(",") }
                writer.append("{\"id\":\"call_")
                writer.append(hexadecimal: call.identifier)
                writer.append("\",\"type\":\"function\",\"function\":{\"name\":")
                writer.appendJSON(call.name)
                writer.append(",\"arguments\":")
                answer.appendText(of: .call(call), to: &writer)
                writer.append("}}")
            }
            writer.append("]")
        }
        writer.append("}")
    }

    private func appendTexts(_ answer: Answer, to writer: inout ByteWriter) {
        guard let text = answer.parts.last, text.isText else { return writer.append("\"\"") }
        answer.appendText(of: text, to: &writer)
    }

    // MARK: What whole and streamed answers have in common

    /// OpenAI itself keeps reasoning to itself; the servers that speak its dialect send it under this name.
    var reasoningName: StaticString { flavour == .cerebras ? "reasoning" : "reasoning_content" }

    /// Appends the members before the choices, and the brace before them.
    func appendOpening(_ answer: Answer, isChunk: Bool, to writer: inout ByteWriter) {
        let isChat = answer.request.endpoint == .chat
        writer.append(isChat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-")
        writer.append(hexadecimal: answer.plan.identifier)
        writer.append("\",\"object\":\"")
        writer.append(!isChat ? "text_completion" : isChunk ? "chat.completion.chunk" : "chat.completion")
        writer.append("\",\"created\":")
        writer.append(answer.created)
        writer.append(",\"model\":")
        writer.append(text: answer.request.model)
        writer.append(",\"system_fingerprint\":\"fp_simulator\"")
        if isChat { writer.append(",\"service_tier\":\"default\"") }
    }

    func appendFinishReason(_ answer: Answer, to writer: inout ByteWriter) {
        switch answer.finish {
        case .stop: writer.append("\"stop\"")
        case .length: writer.append("\"length\"")
        case .toolCalls: writer.append("\"tool_calls\"")
        case .filtered: writer.append("\"content_filter\"")
        }
    }

    func appendUsage(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append(",\"usage\":{\"prompt_tokens\":")
        writer.append(answer.request.promptTokens)
        writer.append(",\"completion_tokens\":")
        writer.append(answer.plan.outputTokens)
        writer.append(",\"total_tokens\":")
        writer.append(answer.request.promptTokens + answer.plan.outputTokens)
        writer.append(",\"prompt_tokens_details\":{\"cached_tokens\":")
        writer.append(answer.request.cachedTokens)
        let isOpenAI = flavour == .openAI
        writer.append(
            isOpenAI
                ? ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":"
                : "},\"completion_tokens_details\":{\"reasoning_tokens\":")
        writer.append(answer.reasoningTokens)
        writer.append(
            isOpenAI
                ? ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"
                : ",\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}")
    }

    // MARK: Embeddings

    func append(_ answer: EmbeddingAnswer, to writer: inout ByteWriter) {
        let request = answer.request
        writer.append("{\"object\":\"list\",\"data\":[")
        for (index, input) in request.inputs.enumerated() {
            if index > 0 { writer.append(",") }
            writer.append("{\"object\":\"embedding\",\"index\":")
            writer.append(index)
            writer.append(",\"embedding\":")
            let vector = answer.vector(input)
            if request.isBase64 { vector.appendBase64(to: &writer) } else { vector.appendNumbers(to: &writer) }
            writer.append("}")
        }
        writer.append("],\"model\":")
        writer.append(text: request.model)
        writer.append(",\"usage\":{\"prompt_tokens\":")
        writer.append(request.promptTokens)
        writer.append(",\"total_tokens\":")
        writer.append(request.promptTokens)
        writer.append("}}")
    }
}
