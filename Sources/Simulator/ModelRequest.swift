internal import Envelope

/// A function that a request offers to the model.
struct ToolOffer {
    let name: String
    /// The schema of its arguments.
    let schema: JSONTree
}

/// What an answer needs to know of its request, which is not kept.
struct ModelRequest {
    /// The largest number of tokens that `max_tokens` and its like may ask for, and of inputs and dimensions of embeddings.
    enum Limit {
        static let outputTokens = 1_000_000
        static let inputs = 2048
        static let dimensions = 4096
    }

    let dialect: any Dialect
    let endpoint: Endpoint

    /// The model as the request names it, as JSON.
    var model = ""

    /// Tells the prompt from others.
    var fingerprint: UInt64 = 0

    /// What the answer begins with: of the last message's text, or of the prompt.
    var digest: UInt64 = 0

    /// What the same text says about its answer.
    var markers = PromptMarkers()

    var promptTokens = 0
    var outputLimit: Int?
    var isStreamed = false
    var includesUsage = false
    var asksForReasoning = false

    /// Filled in only if the prompt asks for calls.
    var tools: [ToolOffer] = []
    /// True if the answer is to be JSON.
    var wantsJSON = false
    /// What that JSON is to fit.
    var outputSchema: JSONTree?

    // MARK: Embeddings

    /// A fingerprint of each input.
    var inputs: [UInt64] = []
    var dimensions = 8
    var isBase64 = false
    /// True if it is told what the vectors are for.
    var hasInputType = false
    /// The inputs as JSON, where the answer repeats them.
    var texts = ""
    /// The forms of vectors, where several can be asked for.
    var vectorForms: [String] = []

    init(_ endpoint: Endpoint, dialect: any Dialect = OpenAIDialect()) {
        self.endpoint = endpoint
        self.dialect = dialect
    }

    /// Reads a request's body.
    ///
    /// - Parameter model: the model's name as JSON, if it stands elsewhere.
    /// - Throws: what to answer if it is not in order.
    init(
        _ endpoint: Endpoint, dialect: any Dialect = OpenAIDialect(), model: String = "", isStreamed: Bool = false,
        body: UnsafeRawBufferPointer
    ) throws(APIError) {
        var reader = ModelRequestReader(endpoint, dialect, body)
        reader.request.model = model
        reader.request.isStreamed = isStreamed
        do throws(JSONError) {
            try reader.read()
        } catch {
            throw .unreadable(error)
        }
        if let problem = reader.problem { throw problem }
        self = reader.request
    }

    /// Milliseconds that the prompt asks the answer to take.
    var requestedLatency: Int? { markers.latency }

    /// The model without its quotes.
    var modelName: String { String(model.dropFirst().dropLast()) }

    /// Input tokens that are reported as cached.
    var cachedTokens: Int { min(markers.cachedTokens ?? 0, promptTokens) }
}
