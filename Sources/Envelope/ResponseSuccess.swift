/// The part of a response that only a successful one has.
package struct ResponseSuccess {
    /// The provider's configured name.
    package var provider: String

    /// The model that answered.
    package var model: String

    /// The provider's body that ``content`` and ``finishReason`` refer to.
    package var body: UnsafeRawBufferPointer

    package var content: ResponseContent

    /// Why the model stopped, as JSON in ``body``, quotes included; `nil` if it does not say.
    package var finishReason: ByteRange?

    /// The log probabilities of the answer's tokens, as OpenAI writes them; `nil` if there are none.
    package var logprobs: ByteRange?

    /// Tokens consumed; `nil` if the provider does not say.
    package var usage: Usage?

    /// What it cost in USD; `nil` if the price is not known.
    package var cost: Double?

    package var cache: CacheOutcome

    package init(
        provider: String, model: String, body: UnsafeRawBufferPointer, content: ResponseContent, finishReason: ByteRange?,
        logprobs: ByteRange? = nil, usage: Usage?, cost: Double?, cache: CacheOutcome = .none
    ) {
        self.provider = provider
        self.model = model
        self.body = body
        self.content = content
        self.finishReason = finishReason
        self.logprobs = logprobs
        self.usage = usage
        self.cost = cost
        self.cache = cache
    }
}

extension ResponseSuccess {
    /// The message as JSON; nil for embeddings.
    package var message: UnsafeRawBufferPointer? {
        if case .message(let range, _) = content { body[range] } else { nil }
    }

    /// Appends the members from `provider` to `cost`, each with a comma before it.
    func write(into writer: inout ByteWriter) {
        writer.append(",\"provider\":")
        writer.appendJSON(provider)
        writer.append(",\"model\":")
        writer.appendJSON(model)
        writeContent(into: &writer)
        writer.append(",\"finish_reason\":")
        if let finishReason { writer.append(body[finishReason]) } else { writer.append("null") }
        if let logprobs {
            writer.append(",\"logprobs\":")
            writer.append(body[logprobs])
        }
        writer.append(",\"usage\":")
        if let usage { usage.write(into: &writer) } else { writer.append("null") }
        writer.append(",\"cost\":")
        writer.appendCost(cost)
    }

    private func writeContent(into writer: inout ByteWriter) {
        switch content {
        case .message(let message, let choices):
            writer.append(",\"message\":")
            writer.append(body[message])
            writeChoices(choices, into: &writer)
        case .text(let text, let choices):
            writer.append(",\"message\":{\"role\":\"assistant\",\"content\":")
            writer.append(body[text])
            writer.append("}")
            writeChoices(choices, into: &writer)
        case .embeddings(let embeddings):
            writer.append(",\"embeddings\":[")
            for (index, embedding) in embeddings.enumerated() {
                if index > 0 { writer.append(",") }
                writer.append(body[embedding])
            }
            writer.append("]")
        }
    }

    private func writeChoices(_ choices: ByteRange?, into writer: inout ByteWriter) {
        guard let choices else { return }
        writer.append(",\"choices\":")
        writer.append(body[choices])
    }
}

extension ByteWriter {
    /// Appends USD to the billionth of a millicent (12 places), or `null`.
    mutating func appendCost(_ cost: Double?) {
        if let cost { append(cost, decimals: 12) } else { append("null") }
    }
}
