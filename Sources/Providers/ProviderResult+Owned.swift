package import Envelope

extension ProviderResult {
    /// This result with the body that its ranges refer to, unless it has brought its own.
    package func owning(_ body: WrittenBytes) -> ProviderResult {
        guard written == nil else { return self }
        return ProviderResult(
            content: content, finishReason: finishReason, logprobs: logprobs, usage: usage, model: model, written: body)
    }
}
