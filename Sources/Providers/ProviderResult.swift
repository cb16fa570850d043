package import Envelope

/// What a provider answered, as ranges of its body.
package struct ProviderResult: Hashable, Sendable {
    package let content: ResponseContent

    /// Why the model stopped, as JSON, quotes included; `nil` if the body does not say.
    package let finishReason: ByteRange?

    /// Tokens consumed; `nil` if the body does not say.
    package let usage: Usage?

    /// The model that answered, as JSON, quotes included; `nil` if the body does not say.
    package let model: ByteRange?
}
