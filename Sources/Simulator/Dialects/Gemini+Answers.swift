internal import Envelope

extension GeminiDialect {
    // MARK: Whole answers

    func append(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append("{")
        if answer.finish == .filtered {
            writer.append("\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}")
        } else {
            writer.append("\"candidates\":[{\"content\":{\"parts\":[")
            for (index, part) in answer.parts.enumerated() {
                if index > 0 { writer.append(",") }
                append(part, of: answer, to: &writer)
            }
            writer.append("],\"role\":\"model\"}")
            appendFinish(answer, to: &writer)
            writer.append(",\"index\":0}]")
        }
        appendEnding(answer, outputTokens: answer.outputTokens, to: &writer)
    }

    private func append(_ part: AnswerPart, of answer: Answer, to writer: inout ByteWriter) {
        if case .call(let call) = part { return append(call, to: &writer) }
        writer.append("{\"text\":")
        answer.appendText(of: part, to: &writer)
        writer.append(part.isText ? "}" : ",\"thought\":true}")
    }

    /// Of calls made together the first has the signature of the thoughts that led to them.
    private func append(_ call: ToolCall, to writer: inout ByteWriter) {
        writer.append("{\"functionCall\":{\"id\":\"")
        writer.append(hexadecimal: call.identifier)
        writer.append("\",\"name\":")
        writer.appendJSON(call.name)
        writer.append(",\"args\":")
        call.arguments.withUnsafeBytes { writer.append($0) }
        writer.append("}")
        if call.index == 0 {
            writer.append(",\"thoughtSignature\":\"c2ln")
            writer.append(hexadecimal: call.identifier)
            writer.append("\"")
        }
        writer.append("}")
    }

    private func appendFinish(_ answer: Answer, to writer: inout ByteWriter) {
        writer.append(answer.finish == .length ? ",\"finishReason\":\"MAX_TOKENS\"" : ",\"finishReason\":\"STOP\"")
    }

    /// Appends what comes after the candidates, and the last brace.
    private func appendEnding(_ answer: Answer, outputTokens: Int, to writer: inout ByteWriter) {
        if answer.tellsUsage { appendUsage(answer, outputTokens, to: &writer) }
        writer.append(",\"modelVersion\":")
        writer.append(text: answer.request.model)
        writer.append(",\"responseId\":\"")
        writer.append(hexadecimal: answer.plan.identifier)
        writer.append("\"}")
    }

    /// Thoughts are output that is not counted among the candidates'.
    private func appendUsage(_ answer: Answer, _ outputTokens: Int, to writer: inout ByteWriter) {
        let prompt = answer.request.promptTokens
        let thoughts = min(answer.reasoningTokens, outputTokens)
        writer.append(",\"usageMetadata\":{\"promptTokenCount\":")
        writer.append(prompt)
        if outputTokens > thoughts {
            writer.append(",\"candidatesTokenCount\":")
            writer.append(outputTokens - thoughts)
        }
        writer.append(",\"totalTokenCount\":")
        writer.append(prompt + outputTokens)
        if answer.request.cachedTokens > 0 {
            writer.append(",\"cachedContentTokenCount\":")
            writer.append(answer.request.cachedTokens)
        }
        writer.append(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":")
        writer.append(prompt)
        writer.append("}]")
        if thoughts > 0 {
            writer.append(",\"thoughtsTokenCount\":")
            writer.append(thoughts)
        }
        writer.append("}")
    }

    // MARK: Embeddings

    func append(_ answer: EmbeddingAnswer, to writer: inout ByteWriter) {
        writer.append(isSingleEmbedding ? "{\"embedding\":" : "{\"embeddings\":[")
        for (index, input) in answer.request.inputs.enumerated() {
            if index > 0 { writer.append(",") }
            writer.append("{\"values\":")
            answer.vector(input).appendNumbers(to: &writer)
            writer.append("}")
        }
        writer.append(isSingleEmbedding ? ",\"usageMetadata\":{\"promptTokenCount\":" : "],\"usageMetadata\":{\"promptTokenCount\":")
        writer.append(answer.request.promptTokens)
        writer.append("}}")
    }

    // MARK: Streams

    func eventPrefix(_ answer: Answer) -> [UInt8] { [] }

    func appendBeginning(_ stream: AnswerStream, to writer: inout ByteWriter) {}

    /// A call is not streamed bit by bit: it comes whole.
    func appendOpening(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        guard case .call(let call) = part else { return }
        writer.append("data: {\"candidates\":[{\"content\":{\"parts\":[")
        append(call, to: &writer)
        writer.append("],\"role\":\"model\"},\"index\":0}]")
        appendEnding(stream.answer, outputTokens: place.tokens + part.tokens, to: &writer)
        writer.append("\r\n\r\n")
    }

    func appendBeforeToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":")
    }

    func appendAfterToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append(part.isText ? "}],\"role\":\"model\"},\"index\":0}]" : ",\"thought\":true}],\"role\":\"model\"},\"index\":0}]")
        appendEnding(stream.answer, outputTokens: place.tokens + 1, to: &writer)
        writer.append("\r\n\r\n")
    }

    func appendClosing(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter) {}

    func appendEnd(_ stream: AnswerStream, to writer: inout ByteWriter) {
        let answer = stream.answer
        if answer.finish == .filtered {
            writer.append("data: {\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}")
        } else {
            writer.append("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"}")
            appendFinish(answer, to: &writer)
            writer.append(",\"index\":0}]")
        }
        appendEnding(answer, outputTokens: answer.outputTokens, to: &writer)
        writer.append("\r\n\r\n")
    }

    func appendFragment(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("data: {\"candidates\":[{\"content\":{\"par")
    }

    func appendFailure(_ stream: AnswerStream, to writer: inout ByteWriter) {
        writer.append("data: ")
        appendError(APIError(.overloaded, message: ""), identifier: nil, to: &writer)
        writer.append("\r\n\r\n")
    }
}
