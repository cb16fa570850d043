internal import Cache
internal import Envelope
internal import HTTP
internal import Providers
internal import Routing

/// Finds answers to questions that mean nearly the same, by the embeddings of a configured model. Confined to its loop.
final class SemanticCache {
    /// A question that no answer is known to.
    struct Question {
        let vector: [Float]
        let scope: String
    }

    enum Outcome {
        /// And the seconds for which it counts.
        case answer(WrittenBytes, seconds: Int)
        case unknown(Question)
        /// It has no question, or that could not be embedded.
        case none
    }

    private let index: SemanticIndex
    private let cache: ResponseCache
    private let router: Router
    private let deployment: Deployment
    /// Told what an embedding for a tenant has taken.
    private let onSpent: (String?, Usage) -> Void

    init(
        index: SemanticIndex, cache: ResponseCache, router: Router, deployment: Deployment, onSpent: @escaping (String?, Usage) -> Void
    ) {
        self.index = index
        self.cache = cache
        self.router = router
        self.deployment = deployment
        self.onSpent = onSpent
    }

    func check(isolation: isolated (any Actor)? = #isolation) async throws {
        try await index.check()
    }

    /// Looks for the answer to a question that means the same as a request's.
    func find(
        _ accepted: RequestHandler.Accepted, slot: CallSlot, isolation: isolated (any Actor)? = #isolation
    ) async -> Outcome {
        let target = accepted.deployment
        guard
            let question = cache.plan.question(
                of: accepted.request, in: accepted.bytes, provider: target.endpoint.name, model: target.model, maxTokens: target.maxTokens),
            let vector = await embed(question.text, for: accepted.request, slot)
        else { return .none }
        if let key = await index.nearest(vector, scope: question.scope), let (kept, seconds) = await cache.kept(under: key) {
            return .answer(kept, seconds: seconds)
        }
        return .unknown(Question(vector: vector, scope: question.scope))
    }

    func keep(_ question: Question, answer key: CacheKey, seconds: Int?) {
        index.add(question.vector, scope: question.scope, answer: key, seconds: seconds ?? cache.plan.timeToLive)
    }

    /// - Parameter text: as JSON.
    private func embed(
        _ text: UnsafeRawBufferPointer, for request: RequestEnvelope, _ slot: CallSlot, isolation: isolated (any Actor)? = #isolation
    ) async -> [Float]? {
        var writer = ByteWriter(capacity: text.count + 64)
        writer.append("{\"id\":\"question\",\"type\":\"embedding\",\"input\":")
        writer.append(text)
        writer.append("}")
        let message = WrittenBytes(writer)
        guard var question = try? RequestDecoder.decode(message.bytes) else { return nil }
        (question.tenant, question.deadline, question.priority) = (request.tenant, request.deadline, request.priority)
        let reply = await router.answer(question, bytes: message.bytes, by: deployment, slot: slot)
        // The decoded request's bytes.
        withExtendedLifetime(message) {}
        if let spent = reply.spent { onSpent(request.tenant, spent) }
        guard case .answered(let result, let response) = reply.outcome, case .embeddings(let vectors) = result.content,
            let vector = vectors.first
        else { return nil }
        var numbers: [Float] = []
        JSONView(at: vector, in: result.written?.bytes ?? response.body).forEachElement { element in
            if let number = element.double { numbers.append(Float(number)) }
        }
        withExtendedLifetime(reply) {}
        return numbers.isEmpty ? nil : numbers
    }
}
