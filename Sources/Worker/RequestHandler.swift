internal import BatchLane
internal import Cache
internal import Configuration
internal import Coordination
internal import Envelope
internal import EventLoop
internal import HTTP
internal import Kafka
internal import Logging
internal import Providers
internal import Routing

/// The way of one request from its message to its response. Confined to one loop.
final class RequestHandler {
    let publisher: Publisher
    let rules: RequestRules
    let logger: Logger
    let router: Router
    let claims: RequestClaims?
    let budgets: BudgetLedger?
    let batches: BatchTier?
    let cache: ResponseCache?
    let semantic: SemanticCache?
    private let models: ModelTable
    let claimChecks: ClaimCheckStore?
    let counters: WorkerCounters

    /// - Parameters:
    ///   - claims: nil if duplicate ids are not to be looked for.
    ///   - budgets: nil if no tenant has one.
    ///   - batches: nil if there are none.
    ///   - cache: nil if answers are not used again.
    ///   - semantic: nil if only requests that are the same are answered from the cache.
    ///   - claimChecks: nil if responses that are too large are not kept.
    init(
        publisher: Publisher, router: Router, claims: RequestClaims?, budgets: BudgetLedger?, batches: BatchTier?,
        cache: ResponseCache?, semantic: SemanticCache?, models: ModelTable, rules: RequestRules, claimChecks: ClaimCheckStore?,
        counters: WorkerCounters,
        logger: Logger
    ) {
        self.publisher = publisher
        self.router = router
        self.claims = claims
        self.budgets = budgets
        self.batches = batches
        self.cache = cache
        self.semantic = semantic
        self.models = models
        self.rules = rules
        self.claimChecks = claimChecks
        self.counters = counters
        self.logger = logger
    }

    /// A message that is an acceptable request.
    struct Accepted {
        let request: RequestEnvelope
        let deployment: Deployment
        let bytes: UnsafeRawBufferPointer
    }

    /// Decodes and checks a message.
    ///
    /// - Throws: `EnvelopeError` if it is no acceptable request.
    func accept(_ message: KafkaMessage) throws(EnvelopeError) -> Accepted {
        guard let bytes = message.value else {
            throw EnvelopeError(code: .emptyMessage, message: "the message has no value; send one JSON object with id, model and messages")
        }
        guard bytes.count <= rules.maxRequestBytes else {
            throw EnvelopeError(
                code: .requestTooLarge,
                message: "the message has \(bytes.count) bytes; send at most \(rules.maxRequestBytes), or raise worker.max_request_bytes")
        }
        #if DEBUG
            CrashInjection.crash(ifIn: bytes)
        #endif
        let request = try RequestDecoder.decode(bytes)
        do throws(EnvelopeError) {
            try rules.check(request)
            let deployment = try models.deployment(for: request.model)
            try rules.checkBatch(request, in: bytes, by: deployment)
            return Accepted(request: request, deployment: deployment, bytes: bytes)
        } catch {
            throw EnvelopeError(
                code: error.code, message: error.message, id: request.id, idRange: request.idRange, type: request.type,
                replyTo: request.replyTo, metadata: request.metadata, isStreamed: request.stream)
        }
    }

    /// Works on one message until what comes of it is with the broker.
    func handle(
        _ decoded: Result<Accepted, EnvelopeError>, _ visit: Visit, slot: CallSlot, isolation: isolated (any Actor)? = #isolation
    ) async -> Completion {
        let accepted: Accepted
        switch decoded {
        case .failure(let error): return Completion(isDone: await refuse(visit, error))
        case .success(let success): accepted = success
        }
        let request = accepted.request
        let cacheKey = prepareCache(accepted, visit)
        switch await claims?.claim(request.id, tenant: request.tenant, copy: visit.copy) ?? .granted {
        case .granted:
            return await answer(accepted, visit, slot, cacheKey)
        case .paid(let result):
            guard let report = Report(remembered: result) else { return await answer(accepted, visit, slot, cacheKey) }
            if let chunks = chunks(of: accepted) {
                let (reason, message) = report.finishReasonAndMessage
                guard await chunks.finish(reason, whole: message) else { return Completion(isDone: false) }
            }
            return Completion(isDone: await publish(report, accepted, visit, nil))
        case .done:
            return Completion(isDone: true)
        case .taken(let holder):
            let reason = "the id \"\(request.id)\" is that of the message at \(holder) already; give each request its own"
            let error = EnvelopeError(code: .duplicateID, message: reason, id: request.id, idRange: request.idRange)
            return Completion(isDone: await deadLetter(visit, error))
        }
    }

    // MARK: Waiting

    /// Milliseconds for which a request is still to wait: longer than the longest retry topic keeps one.
    func remainingWait(_ visit: Visit) -> Double? {
        guard let notBefore = visit.lineage?.notBefore, let began = visit.lineage?.began else { return nil }
        let wait = Double(notBefore - WallClock.milliseconds)
        // What clocks that are wrong say is not believed for ever.
        guard wait > Self.clockTolerance, Double(notBefore - began) <= rules.longestTotal else { return nil }
        return wait
    }

    /// Milliseconds.
    private static let clockTolerance = 1_000.0

    /// Hands a request to a retry topic.
    ///
    /// - Returns: nil if there is no topic that takes it.
    func postpone(
        _ accepted: Accepted, _ visit: Visit, _ attempts: [Attempt], by delay: Double, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool? {
        guard let topic = rules.topics.retryTopic(for: delay) else { return nil }
        var lineage = visit.lineage ?? Lineage(origin: visit.origin)
        lineage.generation += 1
        lineage.attempts = attempts
        lineage.began = lineage.began ?? WallClock.milliseconds - Int64(visit.age)
        lineage.notBefore = WallClock.milliseconds + Int64(delay)
        var batch = [Outgoing.retry(visit.message, lineage, topic: topic.name)]
        switch await publisher.publish(&batch, of: visit) {
        case .gaveUp: return false
        case .tooLarge: return nil
        case .sent:
            counters.postponed()
            claims?.supersede(accepted.request.id, tenant: accepted.request.tenant, copy: visit.copy, by: lineage.generation)
            return true
        }
    }

    /// Whether the visit's partition cannot have gone to another worker since it began.
    func isCurrent(_ visit: Visit) -> Bool {
        visit.age < rules.sessionTimeout && !visit.partition.isGivenUp
    }

    /// Whether another has answered: whose worker was frozen for so long has lost the partition.
    func isAnsweredElsewhere(_ accepted: Accepted, _ visit: Visit, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        guard !isCurrent(visit) else { return false }
        return await claims?.isAnswered(accepted.request.id, tenant: accepted.request.tenant, copy: visit.copy) == true
    }

    // MARK: Messages that are none

    /// Answers the requester, if it can be told who that is, and puts the message on the dead-letter topic.
    private func refuse(_ visit: Visit, _ error: EnvelopeError, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        guard let id = error.id, let range = error.idRange, let bytes = visit.message.value else { return await deadLetter(visit, error) }
        func response(_ metadata: ByteRange?) -> Report {
            let response = ResponseEnvelope(
                id: bytes[range], type: error.type, outcome: .failure(code: error.code, message: error.message, retryable: false),
                timings: visit.timings(nil), metadata: metadata.map { bytes[$0] })
            return Report(response, nil)
        }
        if error.isStreamed {
            let chunks = ChunkStream(publisher, topic: rules.topics.chunks, key: id, id: bytes[range])
            guard await chunks.fail(ProviderError(code: error.code, message: error.message)) else { return false }
        }
        let replyTo = error.replyTo.flatMap { rules.topics.allowReply(to: $0) ? $0 : nil }
        return await deadLetter(visit, error, after: messages(response(error.metadata), id, isOK: false, replyTo: replyTo, visit)) {
            response(nil)
        }
    }

    /// - Parameters:
    ///   - others: what is published before the dead letter.
    ///   - smaller: the response among it in few bytes.
    private func deadLetter(
        _ visit: Visit, _ error: EnvelopeError, after others: [Outgoing] = [], isolation: isolated (any Actor)? = #isolation,
        _ smaller: (() -> Report)? = nil
    ) async -> Bool {
        var batch = others + [letter(visit, error.code, error.message, visit.lineage?.attempts.count ?? 0)]
        if let topic = rules.topics.events {
            let id = error.idRange.flatMap { range in visit.message.value.map { $0[range] } }
            let event = EventEnvelope(
                kind: .deadLettered, id: id, time: WallClock.milliseconds, worker: rules.worker, type: error.type,
                timings: visit.timings(nil), error: error.code)
            var writer = ByteWriter(capacity: 512)
            event.write(into: &writer)
            let written = WrittenBytes(writer)
            batch.append(.event(written.bytes, owner: written, id: error.id, topic: topic))
        }
        guard await deliver(&batch, of: visit, response: smaller) else { return false }
        counters.deadLettered()
        return true
    }
}

/// What has become of one delivery.
struct Completion {
    /// False if the work was given up before what came of it was with the broker: the message is then to be delivered again.
    var isDone: Bool
    /// The last provider call that was made.
    var call: ProviderCall?
}
