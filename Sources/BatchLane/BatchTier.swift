package import Envelope
internal import EventLoop
internal import HTTP
internal import Providers
internal import Redis
package import Routing

/// What a visit of a request that asks for `service_tier: batch` comes to. Confined to its lane's loop.
package struct BatchTier {
    package enum Outcome {
        /// Is to be looked at again after some milliseconds.
        case postponed(attempts: [Attempt], by: Double)
        /// Answered, or failed, in a batch; or cancelled.
        case settled(Reply)
        /// Goes the ordinary way.
        case ordinary(RequestPast)
    }

    /// What a token costs in a batch, of what it costs otherwise: with both providers a half.
    /// https://platform.openai.com/docs/guides/batch, https://platform.claude.com/docs/en/build-with-claude/batch-processing
    package static let priceShare = 0.5

    /// Others may change an entry at the same time, but not for ever.
    private static let mostSteps = 8

    private let lane: BatchLane

    package init(_ lane: BatchLane) {
        self.lane = lane
    }

    private var timing: BatchTiming { lane.plan.timing }

    /// Whether a request asks for a batch.
    package static func isWanted(_ request: borrowing RequestEnvelope, in bytes: UnsafeRawBufferPointer) -> Bool {
        request.payload(.serviceTier).map { JSONView(at: $0, in: bytes).isString("batch") } ?? false
    }

    /// Why a request that asks for a batch cannot have one; nil if it can.
    package static func refusal(_ request: borrowing RequestEnvelope, by deployment: Deployment) -> String? {
        if request.stream { return "the answers of a batch are not streamed; leave stream out" }
        let format = deployment.endpoint.format
        guard let batch = format.batch else { return "\(format.name) has no batches that are known here; leave service_tier out" }
        return batch.takes(request.type) ? nil : "\(format.name) has no batches of \(request.type.rawValue) requests"
    }

    // MARK: Visits

    /// Looks how far a request has come, and takes it into the lane, or out of it, where that is due.
    ///
    /// - Parameters:
    ///   - bytes: the message that the request was decoded from.
    ///   - name: what tells the request from all others, whichever copy of it this is.
    package func visit(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, by deployment: Deployment, named name: String,
        past: RequestPast, isolation: isolated (any Actor)? = #isolation
    ) async -> Outcome {
        let now = WallClock.milliseconds
        let terms = BatchTerms(began: past.began ?? now, end: request.deadline, timing)
        // One that has been in a batch before is older than others.
        let queue = BatchQueue(
            provider: deployment.endpoint.name, model: deployment.model, type: request.type,
            isHurried: terms.isHurried || !past.attempts.isEmpty)
        do throws(RedisError) {
            for _ in 0..<Self.mostSteps {
                let entry = try await lane.entry(of: name)
                var attempts = past.attempts
                if case .without(let reason) = entry, let code = reason.code {
                    attempts.append(Self.attempt(by: deployment, status: nil, milliseconds: 0, code))
                }
                var step = entry.step(terms, attempts: attempts.count, now: now)
                if case .answer(let status, let milliseconds, let body) = step {
                    let reply = Self.reply(status, milliseconds, body, request.type, deployment, past.attempts)
                    guard case .failed(let error) = reply.outcome, error.retryable else { return .settled(reply) }
                    attempts = reply.attempts
                    step = entry.stepAfterFailure(terms, attempts: attempts.count, now: now)
                }
                if step == .enter {
                    let outcome = try await enter(request, bytes, deployment, named: name, in: queue, from: entry, now: now)
                    switch outcome {
                    case .entered: return .postponed(attempts: attempts, by: terms.wait(now: now, timing))
                    case .failed(let error): return .settled(Reply(outcome: .failed(error), attempts: attempts))
                    case .changed: continue
                    case .unfit: step = .leave(from: entry?.letter ?? "")
                    }
                }
                switch step {
                case .goOn(let since):
                    return .ordinary(RequestPast(attempts: attempts, began: since))
                case .leave(let letters):
                    guard try await lane.leave(name, queue: Self.queue(of: entry) ?? queue.name, from: letters, now: now) else { continue }
                    return .ordinary(RequestPast(attempts: attempts, began: now))
                case .cancel(let batch):
                    guard try await lane.cancel(batch, for: name) else { continue }
                    return .postponed(attempts: attempts, by: terms.wait(now: now, timing))
                case .wait, .enter, .answer:
                    return .postponed(attempts: attempts, by: terms.wait(now: now, timing))
                }
            }
        } catch {
            if error.code == .cancelled { return .settled(Reply(outcome: .cancelled, attempts: past.attempts)) }
            // Whether it is in a batch is not known: only who cannot wait any longer asks in spite of that.
            if terms.isBeyondPatience(now) { return .ordinary(RequestPast(attempts: past.attempts, began: now)) }
        }
        return .postponed(attempts: past.attempts, by: terms.wait(now: now, timing))
    }

    /// Forgets a request whose response is with the brokers.
    package func forget(_ name: String, isolation: isolated (any Actor)? = #isolation) async {
        await lane.forget(name)
    }

    /// Waits.
    ///
    /// - Returns: false if the task was cancelled meanwhile.
    package func pause(_ milliseconds: Double, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        await lane.pause(milliseconds)
    }

    // MARK: Steps

    private enum Entering {
        case entered
        /// The request cannot be translated.
        case failed(ProviderError)
        /// The entry is another one meanwhile.
        case changed
        /// There is no batch for such a request.
        case unfit
    }

    private func enter(
        _ request: borrowing RequestEnvelope, _ bytes: UnsafeRawBufferPointer, _ deployment: Deployment, named name: String,
        in queue: BatchQueue, from entry: BatchEntry?, now: Int64, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Entering {
        let call = ModelCall(request, bytes: bytes, model: deployment.model, defaultMaxTokens: deployment.maxTokens)
        var writer = ByteWriter(capacity: bytes.count + 64)
        do throws(ProviderError) {
            try deployment.endpoint.format.writeBody(call, into: &writer)
        } catch {
            return .failed(error)
        }
        guard writer.count <= BatchTiming.largestBody, queue.isStorable else { return .unfit }
        return try await lane.enter(name, Array(writer.bytes), in: queue.name, from: entry?.letter ?? "", now: now) ? .entered : .changed
    }

    private static func queue(of entry: BatchEntry?) -> String? {
        if case .pending(let queue) = entry { queue } else { nil }
    }

    /// What a result says, as if a single call had got it.
    private static func reply(
        _ status: Int, _ milliseconds: Int64, _ body: [UInt8], _ type: RequestType, _ deployment: Deployment, _ past: [Attempt]
    ) -> Reply {
        var writer = ByteWriter(capacity: body.count)
        body.withUnsafeBytes { writer.append($0) }
        let written = WrittenBytes(writer)
        let format = deployment.endpoint.format
        let outcome: Reply.Outcome
        do throws(ProviderError) {
            guard (200..<300).contains(status) else {
                throw format.classify(status: status, header: { _ in nil }, body: written.bytes, now: WallClock.milliseconds)
            }
            outcome = .answered(try format.decodeAnswer(type, written.bytes).owning(written), HTTPResponse(status: status))
        } catch {
            outcome = .failed(error)
        }
        let code: ErrorCode? = if case .failed(let error) = outcome { error.code } else { nil }
        return Reply(
            outcome: outcome, attempts: past + [attempt(by: deployment, status: status, milliseconds: Double(milliseconds), code)])
    }

    private static func attempt(by deployment: Deployment, status: Int?, milliseconds: Double, _ error: ErrorCode?) -> Attempt {
        Attempt(
            provider: deployment.endpoint.name, model: deployment.model, status: status, milliseconds: milliseconds, error: error)
    }
}
