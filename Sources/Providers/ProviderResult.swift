package import Envelope

/// What a provider answered, as ranges of the response's body, or of ``written``.
package struct ProviderResult: Sendable {
    package let content: ResponseContent

    /// Why the model stopped, as JSON, quotes included; `nil` if the provider does not say.
    package let finishReason: ByteRange?

    /// The log probabilities of the answer's tokens, as OpenAI writes them; `nil` if there are none.
    package let logprobs: ByteRange?

    /// Tokens consumed; `nil` if the provider does not say.
    package let usage: Usage?

    /// The model that answered, as JSON, quotes included; `nil` if the provider does not say.
    package let model: ByteRange?

    /// What the ranges refer to; nil if that is the response's body.
    package let written: WrittenBytes?

    /// The same answer, with other counts.
    package func charged(_ usage: Usage) -> ProviderResult {
        ProviderResult(
            content: content, finishReason: finishReason, logprobs: logprobs, usage: usage, model: model, written: written)
    }

    init(
        content: ResponseContent, finishReason: ByteRange?, logprobs: ByteRange? = nil, usage: Usage?, model: ByteRange?,
        written: WrittenBytes? = nil
    ) {
        self.content = content
        self.finishReason = finishReason
        self.logprobs = logprobs
        self.usage = usage
        self.model = model
        self.written = written
    }
}
