internal import Envelope

extension AnthropicDialect {
    // MARK: Whole answers

    func append(_ answer: Answer, to writer: inout ByteWriter) {
        appendOpening(answer, to: &writer)
        writer.append("\"content\":[")
        for (index, part) in answer.parts.enumerated() {
            if index > 0 { writer.append(",") }
            append(part, of: answer, to: &writer)
        }
        writer.append("],")
        appendStop(answer, to: &writer)
        if answer.tellsUsage {
            writer.append(",\"usage\":")
            appendUsage(answer, outputTokens: answer.outputTokens, to: &writer)
        }
        writer.append("}")
    }

    private func append(_ part: AnswerPart, of answer: Answer, to writer: inout ByteWriter) {
        switch part {
        case .reasoning:
            writer.append("{\"type\":\"thinking\",\"thinking\":")
            answer.appendText(of: part, to: &writer)
            writer.append(",\"signature\":\"")
            appendSignature(answer, to: &writer)
            writer.append("\"}")
        case .text, .json:
            writer.append("{\"type\":\"text\",\"text\":")
            answer.appendText(of: part, to: &writer)
            writer.append("}")
        case .call(let call):
            appendCallOpening(call, to: &writer)
            call.arguments.withUnsafeBytes { writer.append($0) }
            writer.append("}")
        }
    }

    // MARK: What whole and streamed answers have in common

    private func appendOpening(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"msg_")
        writer.append(hexadecimal: answer.plan.identifier)
        writer.append("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
        writer.append(text: answer.request.model)
        writer.append(",")
    }

    private func appendStop(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append("\"stop_reason\":\"")
        switch answer.finish {
        case .stop: writer.append("end_turn")
        case .length: writer.append("max_tokens")
        case .toolCalls: writer.append("tool_use")
        case .filtered: writer.append("refusal")
        }
        writer.append("\",\"stop_sequence\":null")
        guard answer.finish == .filtered else { return }
        writer.append(",\"stop_details\":{\"type\":\"refusal\",\"category\":\"general_harms\",\"explanation\":\"simulated\"}")
    }

    private func appendCallOpening(_ call: ToolCall, to writer: inout ByteWriter) {
        writer.append("{\"type\":\"tool_use\",\"id\":\"toolu_")
        writer.append(hexadecimal: call.identifier)
        writer.append("\",\"name\":")
        writer.appendJSON(call.name)
        writer.append(",\"input\":")
    }

    private func appendSignature(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append("c2ln")
        writer.append(hexadecimal: answer.plan.identifier)
    }

    /// Input tokens are those that were not cached.
    private func appendUsage(_ answer: Answer, outputTokens: Int, to writer: inout ByteWriter) {
        let cached = answer.request.cachedTokens
        writer.append("{\"input_tokens\":")
        writer.append(answer.request.promptTokens - cached)
        writer.append(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":")
        writer.append(cached)
        writer.append(",\"output_tokens\":")
        writer.append(outputTokens)
        if answer.reasoningTokens > 0 && outputTokens >= answer.reasoningTokens {
            writer.append(",\"output_tokens_details\":{\"thinking_tokens\":")
            writer.append(answer.reasoningTokens)
            writer.append("}")
        }
        writer.append("}")
    }

    /// Never asked for: Anthropic has no embeddings, and no route leads here.
    func append(_ answer: EmbeddingAnswer, to writer: inout ByteWriter) {}

    // MARK: Streams

    func eventPrefix(_ answer: Answer) -> [UInt8] { [] }

    func appendBeginning(_ stream: AnswerStream, to writer: inout ByteWriter) {
        let answer = stream.answer
        writer.append("event: message_start\ndata: {\"type\":\"message_start\",\"message\":")
        appendOpening(answer, to: &writer)
        writer.append("\"content\":[],\"stop_reason\":null,\"stop_sequence\":null")
        if answer.tellsUsage {
            writer.append(",\"usage\":")
            appendUsage(answer, outputTokens: min(1, answer.outputTokens), to: &writer)
        }
        writer.append("}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n")
    }

    func appendOpening(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        appendEventOpening("content_block_start", place.part, to: &writer)
        writer.append(",\"content_block\":")
        switch part {
        case .reasoning: writer.append("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
        case .text, .json: writer.append("{\"type\":\"text\",\"text\":\"\"}")
        case .call(let call):
            appendCallOpening(call, to: &writer)
            writer.append("{}}")
        }
        writer.append("}\n\n")
    }

    func appendBeforeToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        appendEventOpening("content_block_delta", place.part, to: &writer)
        switch part {
        case .reasoning: writer.append(",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":")
        case .text, .json: writer.append(",\"delta\":{\"type\":\"text_delta\",\"text\":")
        case .call: writer.append(",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":")
        }
    }

    func appendAfterToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("}}\n\n")
    }

    func appendClosing(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        if case .reasoning = part {
            appendEventOpening("content_block_delta", place.part, to: &writer)
            writer.append(",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"")
            appendSignature(stream.answer, to: &writer)
            writer.append("\"}}\n\n")
        }
        appendEventOpening("content_block_stop", place.part, to: &writer)
        writer.append("}\n\n")
    }

    func appendEnd(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{")
        appendStop(stream.answer, to: &writer)
        writer.append("}")
        if stream.answer.tellsUsage {
            writer.append(",\"usage\":")
            appendUsage(stream.answer, outputTokens: stream.answer.outputTokens, to: &writer)
        }
        writer.append("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    func appendFragment(_ stream: AnswerStream, to writer: inout ByteWriter) {
        appendEventOpening("content_block_delta", 0, to: &writer)
        writer.append(",\"delta\":{\"type\":\"te")
    }

    func appendFailure(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("event: error\ndata: ")
        let error = APIError(.overloaded, message: "")
        appendError(error, identifier: stream.answer.plan.identifier, to: &writer)
        writer.append("\n\n")
    }

    private func appendEventOpening(_ type: StaticString, _ index: Int, to writer: inout ByteWriter) {
        writer.append("event: ")
        writer.append(type)
        writer.append("\ndata: {\"type\":\"")
        writer.append(type)
        writer.append("\",\"index\":")
        writer.append(index)
    }
}
