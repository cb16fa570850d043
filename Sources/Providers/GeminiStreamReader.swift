import Envelope

/// Reads a streamed answer: each event is a `GenerateContentResponse` that adds to those before it.
///
/// There is no mark of the end, and none is noted: where several candidates are asked for, one that has finished says nothing of the others.
/// https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
struct GeminiStreamReader: StreamReader {
    /// Tells what an error in the stream means.
    private let classify: @Sendable (UnsafeRawBufferPointer) -> ProviderError
    private var reader = GeminiAnswerReader()

    init(classify: @escaping @Sendable (UnsafeRawBufferPointer) -> ProviderError) {
        self.classify = classify
    }

    mutating func read(_ event: String, _ data: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError) {
        let response = try JSONView(event: data)
        if GeminiErrorBody.isError(response) { throw classify(data) }
        try reader.readEvent(response, into: &answer)
    }
}
