internal import BatchLane
internal import Cache
internal import Coordination
internal import Envelope
internal import EventLoop
internal import Providers
internal import Routing

/// Requests whose answer may come from the cache, or go there.
extension RequestHandler {
    /// Where a request's answer is kept.
    struct CachePlace {
        let cache: ResponseCache
        let key: CacheKey
        /// Seconds; nil leaves it to the configuration.
        let seconds: Int?
        /// Who waits for it; nil if the request has not looked.
        var flight: ResponseCache.Flight?
        /// Under what others that mean the same find it; nil if that is not looked for.
        var question: (of: SemanticCache, SemanticCache.Question)?

        func keep(_ success: ResponseSuccess) {
            if let flight {
                cache.finish(flight, with: success.kept, seconds: seconds)
            } else {
                cache.store(success.kept, for: key, seconds: seconds)
            }
            if let question { question.of.keep(question.1, answer: key, seconds: seconds) }
        }

        /// - Parameter delay: milliseconds after which it is tried again; nil if it is not.
        func fail(_ error: ProviderError, tryAgainAfter delay: Double? = nil) {
            guard let flight else { return }
            guard error.concernsAll else { return cache.abandon(flight) }
            cache.fail(
                flight,
                with: SharedFailure(
                    code: error.code, message: error.message, retryable: error.retryable, tryAgainAfter: delay.map { Int($0) }))
        }

        func abandon() {
            if let flight { cache.abandon(flight) }
        }
    }

    /// Publishes a kept answer.
    ///
    /// - Returns: nil if it is none.
    private func deliver(
        _ kept: WrittenBytes, _ accepted: Accepted, _ visit: Visit, isolation: isolated (any Actor)? = #isolation
    ) async -> Completion? {
        guard let success = ResponseSuccess(kept: kept) else { return nil }
        let isDone = await deliver(success, accepted, visit, nil, chunks(of: accepted))
        // The answer's bytes are the cache's.
        withExtendedLifetime(kept) {}
        return Completion(isDone: isDone)
    }

    enum CacheCourse {
        /// The visit is over.
        case done(Completion)
        /// A provider is to be called.
        case call(CachePlace)
    }

    /// Under what a request's answer is kept; nil if the cache has nothing to do with it.
    private func cacheKey(of accepted: Accepted) -> CacheKey? {
        let (request, deployment) = (accepted.request, accepted.deployment)
        guard let cache, cache.plan.isFor(request, in: accepted.bytes),
            batches == nil || !BatchTier.isWanted(request, in: accepted.bytes)
        else { return nil }
        return cache.plan.key(
            of: request, in: accepted.bytes, provider: deployment.endpoint.name, model: deployment.model, maxTokens: deployment.maxTokens)
    }

    /// Has the cache look while Redis is asked about the id, which saves a request a round trip.
    ///
    /// - Returns: the request's key; nil if the cache has nothing to do with it.
    func prepareCache(_ accepted: Accepted, _ visit: Visit) -> CacheKey? {
        guard let cache, visit.lineage == nil, let key = cacheKey(of: accepted) else { return nil }
        if accepted.request.cache?.mode != .refresh { cache.prepare(key) }
        return key
    }

    /// Looks for a request's answer in the cache, and waits where it is on its way.
    ///
    /// - Parameter prepared: the key, if it is known already.
    /// - Returns: nil if the cache has nothing to do with it.
    func visitCache(
        _ accepted: Accepted, _ visit: Visit, _ slot: CallSlot, _ past: RequestPast, prepared: CacheKey?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> CacheCourse? {
        let request = accepted.request
        guard let cache, let key = prepared ?? cacheKey(of: accepted) else { return nil }
        var place = CachePlace(cache: cache, key: key, seconds: request.cache?.timeToLiveSeconds)
        if request.cache?.mode == .refresh { return .call(place) }
        var hasGivenBack = false
        let deadline = request.deadline.map { MonotonicTime.now + .milliseconds(max(0, $0 - WallClock.milliseconds)) }
        let lookup = await cache.begin(key, deadline: deadline) {
            hasGivenBack = true
            slot.giveBack()
        }
        if hasGivenBack { await slot.takeAgain() }
        switch lookup {
        case .hit(let kept):
            return await deliver(kept, accepted, visit).map { .done($0) } ?? .call(place)
        case .lead(let flight):
            place.flight = flight
            // Embedding a question costs something, too.
            guard let semantic, await budgets?.check(request.tenant) == nil else { return .call(place) }
            switch await semantic.find(accepted, slot: slot) {
            case .answer(let kept, let seconds):
                guard let completion = await deliver(kept, accepted, visit) else { return .call(place) }
                // It ends when the one that it is a copy of does.
                cache.finish(flight, with: kept, seconds: seconds)
                return .done(completion)
            case .unknown(let question): place.question = (semantic, question)
            case .none: break
            }
            return .call(place)
        case .failed(let failure):
            let error = ProviderError(code: failure.code, message: failure.message, retryable: failure.retryable)
            let outcome = failure.tryAgainAfter.map { Reply.Outcome.postponed(error, after: Double($0)) } ?? .failed(error)
            let reply = Reply(outcome: outcome, attempts: past.attempts)
            return .done(await conclude(reply, accepted, visit, chunks: chunks(of: accepted), nil))
        case .late:
            let error = ProviderError(
                code: .deadlineExceeded, message: "the request's deadline passed before another one that is the same was answered")
            let reply = Reply(outcome: .failed(error), attempts: past.attempts)
            return .done(await conclude(reply, accepted, visit, chunks: chunks(of: accepted), nil))
        case .cancelled:
            return .done(Completion(isDone: false))
        }
    }
}

extension ProviderError {
    /// Whether other requests that are the same would fail in the same way: deadlines, budgets and limits are each request's own.
    fileprivate var concernsAll: Bool {
        switch code {
        case .deadlineExceeded, .budgetExceeded, .rateLimited, .shutdown: false
        default: true
        }
    }
}
