internal import Coordination
internal import Envelope
internal import EventLoop
internal import HTTP
internal import Kafka
internal import Providers
internal import Routing

/// The way of one request from its message to its response. Confined to one loop.
final class RequestHandler {
    private let publisher: Publisher
    private let router: Router
    private let claims: RequestClaims?
    private let models: ModelTable
    private let rules: RequestRules
    private let counters: WorkerCounters

    /// - Parameter claims: nil if duplicate ids are not to be looked for.
    init(
        publisher: Publisher, router: Router, claims: RequestClaims?, models: ModelTable, rules: RequestRules, counters: WorkerCounters
    ) {
        self.publisher = publisher
        self.router = router
        self.claims = claims
        self.models = models
        self.rules = rules
        self.counters = counters
    }

    /// Works on one message until what comes of it is with the broker.
    ///
    /// - Returns: false if the task was cancelled before that; the message is then to be delivered again.
    func handle(_ message: KafkaMessage, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        let visit = Visit(message)
        let accepted: Accepted
        do throws(EnvelopeError) {
            accepted = try accept(message)
        } catch {
            return await refuse(visit, error)
        }
        let request = accepted.request
        switch await claims?.claim(request.id, tenant: request.tenant, origin: visit.origin) ?? .granted {
        case .granted:
            return await answer(accepted, visit)
        case .done:
            return true
        case .taken(let holder):
            let reason = "the id \"\(request.id)\" is that of the message at \(holder) already; give each request its own"
            return await deadLetter(visit, EnvelopeError(code: .duplicateID, message: reason, id: request.id, idRange: request.idRange))
        }
    }

    // MARK: Acceptable requests

    private struct Accepted {
        let request: RequestEnvelope
        let deployment: Deployment
        let bytes: UnsafeRawBufferPointer
    }

    private func accept(_ message: KafkaMessage) throws(EnvelopeError) -> Accepted {
        guard let bytes = message.value else {
            throw EnvelopeError(code: .emptyMessage, message: "the message has no value; send one JSON object with id, model and messages")
        }
        guard bytes.count <= rules.maxRequestBytes else {
            throw EnvelopeError(
                code: .requestTooLarge,
                message: "the message has \(bytes.count) bytes; send at most \(rules.maxRequestBytes), or raise worker.max_request_bytes")
        }
        let request = try RequestDecoder.decode(bytes)
        do throws(EnvelopeError) {
            try rules.check(request)
            return Accepted(request: request, deployment: try models.deployment(for: request.model), bytes: bytes)
        } catch {
            throw EnvelopeError(
                code: error.code, message: error.message, id: request.id, idRange: request.idRange, type: request.type,
                replyTo: request.replyTo, metadata: request.metadata)
        }
    }

    private func answer(_ accepted: Accepted, _ visit: Visit, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        let request = accepted.request
        let reply = await router.answer(request, bytes: accepted.bytes, by: accepted.deployment)
        let outcome: ResponseEnvelope.Outcome
        switch reply.outcome {
        case .cancelled: return false
        case .failed(let error): outcome = .failure(code: error.code, message: error.message, retryable: error.retryable)
        case .answered(let result, let response):
            outcome = .success(
                ResponseSuccess(
                    provider: accepted.deployment.endpoint.name, model: accepted.deployment.model, body: response.body,
                    content: result.content, finishReason: result.finishReason, usage: result.usage,
                    cost: result.usage.flatMap { accepted.deployment.price?.cost(of: $0) }))
        }
        let response = ResponseEnvelope(
            id: accepted.bytes[request.idRange], type: request.type, outcome: outcome, attempts: reply.attempts,
            timings: visit.timings(reply), metadata: request.metadata.map { accepted.bytes[$0] })
        let isPublished = await publish(response, accepted, visit)
        // The outcome's bytes are the response's.
        withExtendedLifetime(reply) {}
        return isPublished
    }

    private func publish(
        _ response: ResponseEnvelope, _ accepted: Accepted, _ visit: Visit, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        let request = accepted.request
        // Whose worker was frozen for so long has lost the partition, and another may have answered.
        if visit.age > rules.sessionTimeout, await claims?.isAnswered(request.id, tenant: request.tenant, origin: visit.origin) == true {
            return true
        }
        var response = response
        var delivery = await publisher.respond(response, id: request.id, topic: request.replyTo, trace: visit.trace)
        if delivery == .tooLarge {
            let reason = "Kafka takes no message as large as the response; raise max.message.bytes of the topic"
            response.outcome = .failure(code: .responseTooLarge, message: reason, retryable: false)
            response.metadata = nil
            delivery = await publisher.respond(response, id: request.id, topic: request.replyTo, trace: visit.trace)
            if delivery == .tooLarge {
                return await deadLetter(
                    visit, EnvelopeError(code: .responseTooLarge, message: reason, id: request.id, idRange: request.idRange))
            }
        }
        guard delivery != .gaveUp else { return false }
        var event = EventEnvelope(
            kind: .completed, id: response.id, time: WallClock.milliseconds, worker: rules.worker, tenant: request.tenant,
            type: request.type,
            provider: accepted.deployment.endpoint.name, model: accepted.deployment.model, timings: response.timings,
            attempts: response.attempts.count)
        switch response.outcome {
        case .success(let success):
            (event.usage, event.cost) = (success.usage, success.cost)
            counters.succeeded()
            claims?.finish(request.id, tenant: request.tenant, origin: visit.origin, failed: false)
        case .failure(let code, _, _):
            (event.kind, event.error) = (.failed, code)
            counters.failed()
            claims?.finish(request.id, tenant: request.tenant, origin: visit.origin, failed: true)
        }
        publisher.post(event, id: request.id)
        return true
    }

    // MARK: Messages that are none

    /// Answers the requester, if it can be told who that is, and puts the message on the dead-letter topic.
    private func refuse(_ visit: Visit, _ error: EnvelopeError, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        if let id = error.id, let range = error.idRange, let bytes = visit.message.value {
            let response = ResponseEnvelope(
                id: bytes[range], type: error.type, outcome: .failure(code: error.code, message: error.message, retryable: false),
                timings: visit.timings(nil), metadata: error.metadata.map { bytes[$0] })
            let topic = error.replyTo.flatMap { rules.allowsReply(to: $0) ? $0 : nil }
            let delivery = await publisher.respond(response, id: id, topic: topic, trace: visit.trace)
            guard delivery != .gaveUp else { return false }
        }
        return await deadLetter(visit, error)
    }

    private func deadLetter(_ visit: Visit, _ error: EnvelopeError, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        let message = visit.message
        let timestamp = message.timestamp
        let reason = DeadLetterHeaders(
            topic: message.topic, partition: message.partition, offset: message.offset, timestamp: timestamp.milliseconds,
            timestampType: DeadLetterHeaders.TimestampType(rawValue: timestamp.type.rawValue) ?? .none, consumerGroup: rules.consumerGroup,
            code: error.code, message: error.message, worker: rules.worker)
        guard await publisher.deadLetter(message, reason) else { return false }
        counters.deadLettered()
        let id = error.idRange.flatMap { range in message.value.map { $0[range] } }
        publisher.post(
            EventEnvelope(
                kind: .deadLettered, id: id, time: WallClock.milliseconds, worker: rules.worker, type: error.type,
                timings: visit.timings(nil), error: error.code), id: error.id)
        return true
    }
}
