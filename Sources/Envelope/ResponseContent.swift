/// What a model answered, as byte ranges of the provider's body.
package enum ResponseContent: Hashable, Sendable {
    /// A chat message (a JSON object); `choices` is the provider's array where it has more than one.
    case message(ByteRange, choices: ByteRange?)

    /// A completion's text (a JSON string, quotes included), written as an assistant's message.
    case text(ByteRange, choices: ByteRange?)

    /// Embeddings in the order of the inputs: arrays of numbers, or base64 strings.
    case embeddings([ByteRange])
}
