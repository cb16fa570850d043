internal import Envelope

extension OpenAIDialect {
    func eventPrefix(_ answer: Answer) -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.append("data: ")
        appendOpening(answer, isChunk: true, to: &writer)
        return Array(writer.bytes)
    }

    func appendBeginning(_ stream: AnswerStream, to writer: inout ByteWriter) {
        guard isChat(stream) else { return }
        appendChoiceOpening(stream, to: &writer)
        writer.append("\"delta\":{\"role\":\"assistant\",\"content\":\"\"")
        writer.append(flavour == .openAI ? ",\"refusal\":null}" : "}")
        writer.append(",\"logprobs\":null,\"finish_reason\":null}]")
        appendEventEnd(stream, to: &writer)
    }

    func appendOpening(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        guard case .call(let call) = part else { return }
        appendChoiceOpening(stream, to: &writer)
        writer.append("\"delta\":{\"tool_calls\":[{\"index\":")
        writer.append(call.index)
        writer.append(",\"id\":\"call_")
        writer.append(hexadecimal: call.identifier)
        writer.append("\",\"type\":\"function\",\"function\":{\"name\":")
        writer.appendJSON(call.name)
        writer.append(",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}]")
        appendEventEnd(stream, to: &writer)
    }

    func appendBeforeToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        appendChoiceOpening(stream, to: &writer)
        switch part {
        case .text, .json: writer.append(isChat(stream) ? "\"delta\":{\"content\":" : "\"text\":")
        case .reasoning:
            writer.append("\"delta\":{\"")
            writer.append(reasoningName)
            writer.append("\":")
        case .call(let call):
            writer.append("\"delta\":{\"tool_calls\":[{\"index\":")
            writer.append(call.index)
            if flavour == .cerebras { writer.append(",\"type\":\"function\"") }
            writer.append(",\"function\":{\"arguments\":")
        }
    }

    func appendAfterToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        if case .call = part { writer.append("}}]") }
        writer.append(isChat(stream) ? "},\"logprobs\":null,\"finish_reason\":null}]" : ",\"logprobs\":null,\"finish_reason\":null}]")
        appendEventEnd(stream, to: &writer)
    }

    func appendClosing(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {}

    func appendEnd(_ stream: AnswerStream, to writer: inout ByteWriter) {
        let answer = stream.answer
        appendChoiceOpening(stream, to: &writer)
        writer.append(
            isChat(stream) ? "\"delta\":{},\"logprobs\":null,\"finish_reason\":" : "\"text\":\"\",\"logprobs\":null,\"finish_reason\":")
        appendFinishReason(answer, to: &writer)
        writer.append("}]")
        if flavour == .cerebras {
            if answer.tellsUsage { appendUsage(answer, to: &writer) }
            Self.appendTimeInfo(answer, to: &writer)
            writer.append("}\n\n")
        } else {
            appendEventEnd(stream, to: &writer)
            if answer.request.includesUsage && answer.tellsUsage { appendUsageEvent(stream, to: &writer) }
        }
        writer.append("data: [DONE]\n\n")
    }

    private func appendUsageEvent(_ stream: AnswerStream, to writer: inout ByteWriter) {
        stream.prefix.withUnsafeBytes { writer.append($0) }
        writer.append(",\"choices\":[]")
        appendUsage(stream.answer, to: &writer)
        writer.append("}\n\n")
    }

    func appendFragment(_ stream: AnswerStream, to writer: inout ByteWriter) {
        appendChoiceOpening(stream, to: &writer)
        writer.append(isChat(stream) ? "\"delta\":{\"con" : "\"te")
    }

    func appendFailure(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("data: ")
        guard flavour == .cerebras else {
            writer.append(
                """
                {"error":{"message":"The server had an error while processing your request. Sorry about that! (simulated)",\
                "type":"server_error","param":null,"code":null}}
                """)
            return writer.append("\n\n")
        }
        writer.append(
            """
            {"error":{"message":"Encountered a server error.","type":"server_error","param":null,"code":"server_error"},\
            "status_code":500}
            """)
        writer.append("\n\n")
    }

    private func isChat(_ stream: AnswerStream) -> Bool { stream.answer.request.endpoint == .chat }

    private func appendChoiceOpening(_ stream: AnswerStream, to writer: inout ByteWriter) {
        stream.prefix.withUnsafeBytes { writer.append($0) }
        writer.append(",\"choices\":[{\"index\":0,")
    }

    /// OpenAI's chunks say that they have no usage, where the last one has it.
    private func appendEventEnd(_ stream: AnswerStream, to writer: inout ByteWriter) {
        let isUsageToCome = flavour == .openAI && stream.answer.request.includesUsage
        writer.append(isUsageToCome ? ",\"usage\":null}\n\n" : "}\n\n")
    }
}
