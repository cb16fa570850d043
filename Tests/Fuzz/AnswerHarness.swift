internal import Envelope
internal import Providers

/// The reader of complete answers, for each type of request.
enum AnswerHarness {
    static func run(_ format: any WireFormat, _ input: UnsafeRawBufferPointer) {
        for type in RequestType.allCases where format.path(for: type, isStreamed: false) != nil {
            do throws(ProviderError) {
                requireSound(try format.decodeAnswer(type, input), input)
            } catch {
                requireSound(error)
            }
        }
    }
}

/// Checks that what an answer says stands in the bytes, and makes a response that is JSON.
func requireSound(_ result: ProviderResult, _ body: UnsafeRawBufferPointer) {
    let source = result.written?.bytes ?? body
    func check(_ range: ByteRange?, _ kinds: [JSONKind], _ what: StaticString) {
        guard let range else { return }
        require(range.start <= range.end && range.end <= source.count, "\(what) stands at \(range) of \(source.count) bytes")
        requireJSON(source[range], kinds, what)
    }
    switch result.content {
    case .message(let message, let choices):
        check(message, [.object], "the message")
        check(choices, [.array], "the choices")
    case .text(let text, let choices):
        check(text, [.string, .null], "the text")
        check(choices, [.array], "the choices")
    case .embeddings(let ranges):
        for range in ranges { check(range, [.array, .string], "an embedding") }
    }
    check(result.finishReason, [.string], "the finish reason")
    check(result.logprobs, [.object, .array], "the log probabilities")
    check(result.model, [.string], "the model")
    // Of an answer and the one that mends it.
    let cost = result.usage.map { Price(input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15).cost(of: $0 + $0) }
    if let cost { require(cost.isFinite && cost >= 0, "an answer costs \(cost)") }
    let success = ResponseSuccess(
        provider: "p", model: "m", body: source, content: result.content, finishReason: result.finishReason, logprobs: result.logprobs,
        usage: result.usage, cost: cost)
    requireResponse(.success(success))
}

/// Checks that an error keeps the rules that all formats have in common.
func requireSound(_ error: ProviderError) {
    require(!error.message.isEmpty && error.message.utf8.count <= 1024, "an error's message has \(error.message.utf8.count) bytes")
    if let wait = error.retryAfterMilliseconds { require((0...week).contains(wait), "a provider wants \(wait) ms") }
    if let status = error.status, (400..<500).contains(status), ![408, 409, 425, 429].contains(status) {
        require(!error.retryable, "status \(status) is retried")
    }
    requireResponse(.failure(code: error.code, message: error.message, retryable: error.retryable))
}

/// In milliseconds: no wait is longer.
private let week = 7 * 86_400_000

private func requireResponse(_ outcome: ResponseEnvelope.Outcome) {
    var writer = ByteWriter()
    let id: StaticString = "\"i\""
    ResponseEnvelope(
        id: UnsafeRawBufferPointer(start: id.utf8Start, count: id.utf8CodeUnitCount), type: .chat, outcome: outcome, timings: Timings()
    ).write(into: &writer)
    requireJSON(writer.bytes, [.object], "the response")
}
