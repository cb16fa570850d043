internal import Envelope

extension CohereDialect {
    // MARK: Whole answers

    func append(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"")
        writer.append(hexadecimal: answer.plan.identifier)
        writer.append("\",\"message\":{\"role\":\"assistant\"")
        let contents = answer.parts.filter { if case .call = $0 { false } else { true } }
        if !contents.isEmpty || answer.calls.isEmpty { append(contents, of: answer, to: &writer) }
        if !answer.calls.isEmpty { append(answer.calls, of: answer, to: &writer) }
        writer.append("},\"finish_reason\":\"")
        writer.append(finishReason(answer))
        writer.append("\"")
        if answer.tellsUsage { appendUsage(answer, to: &writer) }
        writer.append("}")
    }

    private func append(_ contents: [AnswerPart], of answer: Answer, to writer: inout ByteWriter) {
        writer.append(",\"content\":[")
        for (index, part) in contents.enumerated() {
            if index > 0 { writer.append(",") }
            writer.append(part.isText ? "{\"type\":\"text\",\"text\":" : "{\"type\":\"thinking\",\"thinking\":")
            answer.appendText(of: part, to: &writer)
            writer.append("}")
        }
        writer.append("]")
    }

    private func append(_ calls: [ToolCall], of answer: Answer, to writer: inout ByteWriter) {
        writer.append(",\"tool_plan\":\"I will use what is offered.\",\"tool_calls\":[")
        for call in calls {
            if call.index > 0 { writer.append(",") }
            appendCallOpening(call, to: &writer)
            answer.appendText(of: .call(call), to: &writer)
            writer.append("}}")
        }
        writer.append("]")
    }

    private func appendCallOpening(_ call: ToolCall, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"call_")
        writer.append(hexadecimal: call.identifier)
        writer.append("\",\"type\":\"function\",\"function\":{\"name\":")
        writer.appendJSON(call.name)
        writer.append(",\"arguments\":")
    }

    private func finishReason(_ answer: Answer) -> StaticString {
        switch answer.finish {
        case .stop: "COMPLETE"
        case .length: "MAX_TOKENS"
        case .toolCalls: "TOOL_CALL"
        case .filtered: "ERROR"
        }
    }

    private func appendUsage(_ answer: Answer, to writer: inout ByteWriter) {
        for name: StaticString in [",\"usage\":{\"billed_units\":{\"input_tokens\":", "},\"tokens\":{\"input_tokens\":"] {
            writer.append(name)
            writer.append(answer.request.promptTokens)
            writer.append(",\"output_tokens\":")
            writer.append(answer.outputTokens)
        }
        writer.append("},\"cached_tokens\":")
        writer.append(answer.request.cachedTokens)
        writer.append("}")
    }

    // MARK: Embeddings

    func append(_ answer: EmbeddingAnswer, to writer: inout ByteWriter) {
        let request = answer.request
        writer.append("{\"id\":\"")
        writer.append(hexadecimal: answer.identifier)
        writer.append("\",\"embeddings\":{")
        for (index, form) in request.vectorForms.enumerated() {
            writer.append(index > 0 ? ",\"" : "\"")
            writer.append(text: form)
            writer.append("\":[")
            for (index, input) in request.inputs.enumerated() {
                if index > 0 { writer.append(",") }
                append(answer.vector(input), form, to: &writer)
            }
            writer.append("]")
        }
        writer.append("},\"texts\":")
        writer.append(text: request.texts)
        writer.append(",\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"input_tokens\":")
        writer.append(request.promptTokens)
        writer.append("}},\"response_type\":\"embeddings_by_type\"}")
    }

    private func append(_ vector: EmbeddingVector, _ form: String, to writer: inout ByteWriter) {
        switch form {
        case "int8": vector.appendBytes(isSigned: true, to: &writer)
        case "uint8": vector.appendBytes(isSigned: false, to: &writer)
        case "binary": vector.appendBits(isSigned: true, to: &writer)
        case "ubinary": vector.appendBits(isSigned: false, to: &writer)
        case "base64": vector.appendBase64(to: &writer)
        default: vector.appendNumbers(to: &writer)
        }
    }

    // MARK: Streams

    func eventPrefix(_ answer: Answer) -> [UInt8] { [] }

    func appendBeginning(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("event: message-start\ndata: {\"id\":\"")
        writer.append(hexadecimal: stream.answer.plan.identifier)
        writer.append(
            """
            ","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}
            """)
        writer.append("\n\n")
        guard !stream.answer.calls.isEmpty else { return }
        writer.append("event: tool-plan-delta\ndata: ")
        writer.append("{\"type\":\"tool-plan-delta\",\"delta\":{\"message\":{\"tool_plan\":\"I will use what is offered.\"}}}\n\n")
    }

    func appendOpening(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        switch part {
        case .reasoning:
            appendEventOpening("content-start", place.part, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"content\":{\"type\":\"thinking\",\"thinking\":\"\"}}}}\n\n")
        case .text, .json:
            appendEventOpening("content-start", place.part, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}\n\n")
        case .call(let call):
            appendEventOpening("tool-call-start", call.index, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"tool_calls\":")
            appendCallOpening(call, to: &writer)
            writer.append("\"\"}}}}}\n\n")
        }
    }

    func appendBeforeToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        switch part {
        case .reasoning:
            appendEventOpening("content-delta", place.part, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"content\":{\"thinking\":")
        case .text, .json:
            appendEventOpening("content-delta", place.part, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"content\":{\"text\":")
        case .call(let call):
            appendEventOpening("tool-call-delta", call.index, to: &writer)
            writer.append(",\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":")
        }
    }

    func appendAfterToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        if case .call = part { writer.append("}") }
        writer.append("}}}}\n\n")
    }

    func appendClosing(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        if case .call(let call) = part {
            appendEventOpening("tool-call-end", call.index, to: &writer)
        } else {
            appendEventOpening("content-end", place.part, to: &writer)
        }
        writer.append("}\n\n")
    }

    func appendEnd(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"")
        writer.append(finishReason(stream.answer))
        writer.append("\"")
        if stream.answer.tellsUsage { appendUsage(stream.answer, to: &writer) }
        writer.append("}}\n\ndata: [DONE]\n\n")
    }

    func appendFragment(_ stream: AnswerStream, to writer: inout ByteWriter) {
        appendEventOpening("content-delta", 0, to: &writer)
        writer.append(",\"delta\":{\"mess")
    }

    func appendFailure(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("event: message-end\ndata: ")
        writer.append("{\"type\":\"message-end\",\"delta\":{\"error\":\"internal server error\",\"finish_reason\":\"ERROR\"}}\n\n")
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
