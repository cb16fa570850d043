internal import BatchLane
internal import Cache
internal import Coordination
internal import Envelope
internal import HTTP
internal import Logging
internal import Providers
internal import Routing

/// The way of an acceptable request to its response.
extension RequestHandler {
    /// - Parameter cacheKey: under what the cache looks for it already.
    func answer(
        _ accepted: Accepted, _ visit: Visit, _ slot: CallSlot, _ cacheKey: CacheKey?, isolation: isolated (any Actor)? = #isolation
    ) async -> Completion {
        if let wait = remainingWait(visit), let isDone = await postpone(accepted, visit, visit.lineage?.attempts ?? [], by: wait) {
            return Completion(isDone: isDone)
        }
        var past = RequestPast(attempts: visit.lineage?.attempts ?? [], began: visit.lineage?.began)
        if let batches, BatchTier.isWanted(accepted.request, in: accepted.bytes) {
            switch await visitBatch(accepted, visit, slot, by: batches, past: past) {
            case .done(let completion): return completion
            case .settled(let reply):
                let checked = await router.checked(reply, to: accepted.request, bytes: accepted.bytes, by: accepted.deployment)
                return await conclude(checked, accepted, visit, chunks: nil, batches, priceShare: BatchTier.priceShare)
            case .ordinary(let ordinary): past = ordinary
            }
            return await call(accepted, visit, slot, past, batches, nil)
        }
        return await call(accepted, visit, slot, past, nil, cacheKey)
    }

    /// Has the cache answer, or the provider, if the tenant's budget allows it.
    private func call(
        _ accepted: Accepted, _ visit: Visit, _ slot: CallSlot, _ past: RequestPast, _ batches: BatchTier?, _ cacheKey: CacheKey?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Completion {
        var place: CachePlace?
        if batches == nil {
            switch await visitCache(accepted, visit, slot, past, prepared: cacheKey) {
            case .done(let completion): return completion
            case .call(let free): place = free
            case nil: break
            }
        }
        let chunks = chunks(of: accepted)
        let reply: Reply
        if let excess = await budgets?.check(accepted.request.tenant) {
            reply = Reply(outcome: .failed(ProviderError(excess)), attempts: past.attempts)
        } else {
            reply = await router.answer(
                accepted.request, bytes: accepted.bytes, by: accepted.deployment, past: past, slot: slot, sink: chunks?.sink)
        }
        return await conclude(reply, accepted, visit, chunks: chunks, batches, place: place)
    }

    /// Publishes what has come of a request, or sees to it that it is tried again.
    ///
    /// - Parameters:
    ///   - batches: if the request has asked for a batch.
    ///   - priceShare: what a token cost of what it costs otherwise.
    ///   - place: where an answer is kept; nil if it is not.
    func conclude(
        _ reply: Reply, _ accepted: Accepted, _ visit: Visit, chunks: ChunkStream?, _ batches: BatchTier?,
        priceShare: Double = 1, place: CachePlace? = nil, isolation: isolated (any Actor)? = #isolation
    ) async -> Completion {
        var completion = Completion(isDone: false, call: reply.lastCall)
        let price = accepted.deployment.price
        if let spent = reply.spent {
            budgets?.charge(
                accepted.request.tenant, usd: (price?.cost(of: spent) ?? 0) * priceShare, tokens: spent.input + spent.output)
        }
        switch reply.outcome {
        case .cancelled:
            place?.abandon()
        case .postponed(let error, let delay):
            place?.fail(error, tryAgainAfter: delay)
            if let isDone = await postpone(accepted, visit, reply.attempts, by: delay) {
                completion.isDone = isDone
                return completion
            }
            completion.isDone = await fail(accepted, visit, reply, error, chunks)
        case .failed(let error):
            place?.fail(error)
            completion.isDone = await fail(accepted, visit, reply, error, chunks)
        case .answered(let result, let response):
            var success = ResponseSuccess(
                provider: accepted.deployment.endpoint.name, model: accepted.deployment.model,
                body: result.written?.bytes ?? response.body, content: result.content, finishReason: result.finishReason,
                logprobs: result.logprobs, usage: result.usage,
                cost: result.usage.flatMap { price?.cost(of: $0) }.map { $0 * priceShare })
            if let place {
                success.cache = .miss
                place.keep(success)
            }
            completion.isDone = await deliver(success, accepted, visit, reply, chunks)
            // The outcome's bytes are the response's.
            withExtendedLifetime(reply) {}
        }
        if completion.isDone { await batches?.forget(visit.batchName) }
        return completion
    }

    /// The way of the answer's pieces, if they are wanted.
    func chunks(of accepted: Accepted) -> ChunkStream? {
        guard accepted.request.stream else { return nil }
        return ChunkStream(
            publisher, topic: rules.topics.chunks, key: accepted.request.id, id: accepted.bytes[accepted.request.idRange])
    }

    /// Publishes an answer, and remembers one that was paid for until then.
    func deliver(
        _ success: ResponseSuccess, _ accepted: Accepted, _ visit: Visit, _ reply: Reply?, _ chunks: ChunkStream?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        let report = report(.success(success), accepted, visit, reply)
        if success.cache != .hit {
            claims?.remember(
                report.bytes, for: accepted.request.id, tenant: accepted.request.tenant, copy: visit.copy, isCurrent: isCurrent(visit))
        }
        if let chunks, await !chunks.finish(success.finishReason.map { success.body[$0] }, whole: success.message) { return false }
        return await publish(report, accepted, visit, reply)
    }

    /// Publishes the answer to a request, or, where Kafka does not take it, that it is too large.
    func publish(
        _ report: Report, _ accepted: Accepted, _ visit: Visit, _ reply: Reply?, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        if await isAnsweredElsewhere(accepted, visit) { return true }
        var batch = messages(report, accepted.request.id, isOK: true, replyTo: accepted.request.replyTo, visit)
        switch await publisher.publish(&batch, of: visit) {
        case .gaveUp: return false
        case .tooLarge: return await publishTooLarge(report, accepted, visit, reply)
        case .sent:
            counters.succeeded()
            claims?.finish(
                accepted.request.id, tenant: accepted.request.tenant, copy: visit.copy, failed: false, isCurrent: isCurrent(visit))
            return true
        }
    }

    private func publishTooLarge(
        _ report: Report, _ accepted: Accepted, _ visit: Visit, _ reply: Reply?, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        var reason =
            "Kafka takes no message as large as the response; raise max.message.bytes of the topic and message.max.bytes under kafka.producer"
        var claimCheck: ClaimCheck?
        if let claimChecks {
            do {
                claimCheck = try await claimChecks.keep(Array(report.response))
                reason += "; the response is kept at claim_check.url"
            } catch {
                logger.error("worker.claim_check_directory: cannot keep a response that is too large for Kafka: \(error)")
            }
        }
        return await fail(
            accepted, visit, reply, ProviderError(code: .responseTooLarge, message: reason), claimCheck: claimCheck, echoesMetadata: false)
    }

    func fail(
        _ accepted: Accepted, _ visit: Visit, _ reply: Reply?, _ error: ProviderError, _ chunks: ChunkStream? = nil,
        claimCheck: ClaimCheck? = nil, echoesMetadata: Bool = true, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        if await isAnsweredElsewhere(accepted, visit) { return true }
        guard await chunks?.fail(error) ?? true else { return false }
        let request = accepted.request
        let outcome = ResponseEnvelope.Outcome.failure(code: error.code, message: error.message, retryable: error.retryable)
        let report = report(outcome, accepted, visit, reply, claimCheck: claimCheck, echoesMetadata: echoesMetadata)
        var batch = messages(report, request.id, isOK: false, replyTo: request.replyTo, visit)
        let keeps = rules.deadLetters(error.code)
        if keeps { batch.insert(letter(visit, error.code, error.message, reply?.attempts.count ?? 0), at: 1) }
        guard await deliver(&batch, of: visit, response: { self.withoutMetadata(accepted, visit, error) }) else { return false }
        counters.failed()
        if keeps { counters.deadLettered() }
        claims?.finish(request.id, tenant: request.tenant, copy: visit.copy, failed: true, isCurrent: isCurrent(visit))
        return true
    }
}

extension ProviderError {
    /// That a tenant's budget is used up.
    fileprivate init(_ excess: BudgetExcess) {
        var limit = ByteWriter(capacity: 32)
        limit.append(excess.limit, decimals: excess.unit == .usd ? 2 : 0)
        var end = ByteWriter(capacity: 32)
        end.appendTimestamp(milliseconds: excess.until)
        self.init(
            code: .budgetExceeded,
            message:
                "the tenant's budget of \(String(decoding: limit.bytes, as: UTF8.self)) \(excess.unit.rawValue) a \(excess.period.rawValue) is used up; it begins anew at \(String(decoding: end.bytes, as: UTF8.self))"
        )
    }
}
