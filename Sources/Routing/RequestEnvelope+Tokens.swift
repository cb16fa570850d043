internal import Envelope

extension RequestEnvelope {
    /// Bytes of what a model is to read.
    var inputBytes: Int {
        payload.reduce(0) { sum, field in
            switch field.field {
            case .messages, .prompt, .input, .tools: sum + field.value.count
            default: sum
            }
        }
    }

    /// How many tokens each answer may have; nil if the request does not say.
    func maxOutput(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let value = payload(.maxCompletionTokens) ?? payload(.maxTokens)
        return value.flatMap { JSONView(at: $0, in: bytes).integer }
    }

    /// How many answers are wanted.
    func choices(_ bytes: UnsafeRawBufferPointer) -> Int {
        payload(.n).flatMap { JSONView(at: $0, in: bytes).integer } ?? 1
    }

    /// A guess at the tokens of a call, where the provider does not say.
    func estimatedUsage(for content: ResponseContent) -> Usage {
        let answer =
            switch content {
            case .message(let message, let choices): choices?.count ?? message.count
            case .text(let text, let choices): choices?.count ?? text.count
            case .embeddings: 0
            }
        return .estimated(inputBytes: inputBytes, outputBytes: answer)
    }
}
