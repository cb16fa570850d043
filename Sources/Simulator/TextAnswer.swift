internal import Envelope

/// What the answers to chats and completions, whole and streamed, have in common.
struct TextAnswer {
    let request: ModelRequest
    let plan: SimulationPlan

    /// Seconds since 1970.
    let created: Int

    /// The members before the choices, and the brace before them.
    func appendOpening(isChunk: Bool, to writer: inout ByteWriter) {
        let isChat = request.endpoint == .chat
        writer.append(isChat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-")
        writer.append(hexadecimal: plan.identifier)
        writer.append("\",\"object\":\"")
        writer.append(!isChat ? "text_completion" : isChunk ? "chat.completion.chunk" : "chat.completion")
        writer.append("\",\"created\":")
        writer.append(created)
        writer.append(",\"model\":")
        writer.append(text: request.model)
        writer.append(",\"system_fingerprint\":\"fp_simulator\"")
        if isChat { writer.append(",\"service_tier\":\"default\"") }
    }

    func appendFinishReason(to writer: inout ByteWriter) {
        writer.append(plan.isCutByLimit ? "\"length\"" : "\"stop\"")
    }

    func appendUsage(to writer: inout ByteWriter) {
        writer.append(",\"usage\":{\"prompt_tokens\":")
        writer.append(request.promptTokens)
        writer.append(",\"completion_tokens\":")
        writer.append(plan.outputTokens)
        writer.append(",\"total_tokens\":")
        writer.append(request.promptTokens + plan.outputTokens)
        writer.append(
            """
            ,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,\
            "audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}
            """)
    }

    /// Appends the whole answer.
    func write(seed: UInt64, to writer: inout ByteWriter) {
        let isChat = request.endpoint == .chat
        appendOpening(isChunk: false, to: &writer)
        writer.append(",\"choices\":[{\"index\":0,")
        writer.append(isChat ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"text\":\"")
        var text = AnswerText(seed: seed, fingerprint: request.fingerprint, digest: request.digest)
        for _ in 0..<plan.outputTokens { text.appendWord(to: &writer) }
        writer.append(isChat ? "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null" : "\",\"logprobs\":null")
        writer.append(",\"finish_reason\":")
        appendFinishReason(to: &writer)
        writer.append("}]")
        appendUsage(to: &writer)
        writer.append("}")
    }
}
