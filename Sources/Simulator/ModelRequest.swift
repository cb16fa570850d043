internal import Envelope

/// What an answer needs to know of its request, which is not kept.
struct ModelRequest {
    /// The largest number of tokens that `max_tokens` and its like may ask for, and of inputs and dimensions of embeddings.
    enum Limit {
        static let outputTokens = 1_000_000
        static let inputs = 2048
        static let dimensions = 4096
    }

    let endpoint: Endpoint

    /// The model as the request names it, as JSON.
    var model = ""

    /// Tells the prompt from others.
    var fingerprint: UInt64 = 0

    /// What the answer begins with: of the last message's text, or of the prompt.
    var digest: UInt64 = 0

    /// Milliseconds that the same text asks the answer to take.
    var requestedLatency: Int?

    var promptTokens = 0
    var outputLimit: Int?
    var isStreamed = false
    var includesUsage = false

    // MARK: Embeddings

    /// A fingerprint of each input.
    var inputs: [UInt64] = []
    var dimensions = 8
    var isBase64 = false

    init(_ endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    /// Reads a request's body.
    ///
    /// - Throws: what to answer if it is not in order.
    init(_ endpoint: Endpoint, body: UnsafeRawBufferPointer) throws(APIError) {
        var reader = ModelRequestReader(endpoint, body)
        do throws(JSONError) {
            try reader.read()
        } catch {
            throw .unreadable(error)
        }
        if let problem = reader.problem { throw problem }
        self = reader.request
    }
}
