internal import Envelope

/// A streamed answer under way: server-sent events, one for each word, that the caller asks for as they fall due.
struct StreamedAnswer {
    private let answer: TextAnswer
    private let opening: [UInt8]
    private var text: AnswerText

    /// Words written so far.
    private(set) var wordCount = 0

    init(_ answer: TextAnswer, seed: UInt64) {
        self.answer = answer
        text = AnswerText(seed: seed, fingerprint: answer.request.fingerprint, digest: answer.request.digest)
        var writer = ByteWriter(capacity: 256)
        writer.append("data: ")
        answer.appendOpening(isChunk: true, to: &writer)
        opening = Array(writer.bytes)
    }

    private var isChat: Bool { answer.request.endpoint == .chat }

    /// Appends what comes before the first word.
    func appendBeginning(to writer: inout ByteWriter) {
        guard isChat else { return }
        appendEvent(delta: "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", to: &writer)
    }

    /// Appends words until there are so many.
    mutating func appendWords(upTo count: Int, to writer: inout ByteWriter) {
        while wordCount < count {
            appendChoiceOpening(to: &writer)
            writer.append(isChat ? "\"delta\":{\"content\":\"" : "\"text\":\"")
            text.appendWord(to: &writer)
            writer.append(isChat ? "\"},\"logprobs\":null,\"finish_reason\":null}]" : "\",\"logprobs\":null,\"finish_reason\":null}]")
            appendEventEnd(to: &writer)
            wordCount += 1
        }
    }

    /// Appends what comes after the last word.
    func appendEnd(to writer: inout ByteWriter) {
        appendChoiceOpening(to: &writer)
        writer.append(isChat ? "\"delta\":{},\"logprobs\":null,\"finish_reason\":" : "\"text\":\"\",\"logprobs\":null,\"finish_reason\":")
        answer.appendFinishReason(to: &writer)
        writer.append("}]")
        appendEventEnd(to: &writer)
        if answer.request.includesUsage {
            opening.withUnsafeBytes { writer.append($0) }
            writer.append(",\"choices\":[]")
            answer.appendUsage(to: &writer)
            writer.append("}\n\n")
        }
        writer.append("data: [DONE]\n\n")
    }

    /// Appends the first half of an event, as of a provider that fails in the middle.
    func appendFragment(to writer: inout ByteWriter) {
        appendChoiceOpening(to: &writer)
        writer.append(isChat ? "\"delta\":{\"con" : "\"te")
    }

    private func appendEvent(delta: StaticString, to writer: inout ByteWriter) {
        appendChoiceOpening(to: &writer)
        writer.append("\"delta\":")
        writer.append(delta)
        writer.append(",\"logprobs\":null,\"finish_reason\":null}]")
        appendEventEnd(to: &writer)
    }

    private func appendChoiceOpening(to writer: inout ByteWriter) {
        opening.withUnsafeBytes { writer.append($0) }
        writer.append(",\"choices\":[{\"index\":0,")
    }

    private func appendEventEnd(to writer: inout ByteWriter) {
        writer.append(answer.request.includesUsage ? ",\"usage\":null}\n\n" : "}\n\n")
    }
}
