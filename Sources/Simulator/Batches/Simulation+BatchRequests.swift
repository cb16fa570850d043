internal import Envelope
internal import Glibc
internal import NIOCore

extension Simulation {
    /// Answers one request of a batch as it would be answered by itself, at once, and counts it.
    ///
    /// A fault that would break its answer on the way is a server's error here.
    func answer(_ request: BatchRequest, key: String, _ dialect: any Dialect, now: NIODeadline) -> BatchOutcome {
        let asked: ModelRequest
        do throws(APIError) {
            asked = try read(request, dialect)
        } catch {
            return outcome(of: error, dialect, identifier: UInt64(refuse(.invalidRequest, key: key)))
        }
        if asked.markers.asksToExpire { return BatchOutcome(kind: .expired) }
        let ordinal = admitUnlimited(asked, key: key)
        let content = AnswerContent(asked, seed: options.seed, ordinal: ordinal)
        let plan = SimulationPlan(asked, content, options, ordinal: ordinal)
        let failure = plan.fault.flatMap(Failure.init)
        finish(fingerprint: asked.fingerprint, key: key, failure.map(Ledger.Outcome.failed) ?? .ok(asked, plan))
        if let fault = plan.fault, failure != nil, fault != .contentFilter || !dialect.answersFiltered {
            let error = APIError(fault, asked, retryAfterMilliseconds: plan.retryAfterMilliseconds) ?? .broken
            return outcome(of: error, dialect, identifier: plan.identifier)
        }
        var body = ByteWriter(capacity: 2048)
        if request.endpoint == .embedding {
            EmbeddingAnswer(request: asked, seed: options.seed, identifier: plan.identifier).write(to: &body)
        } else {
            dialect.append(Answer(asked, content, plan, seed: options.seed, created: time(nil)), to: &body)
        }
        return BatchOutcome(kind: .succeeded, status: 200, body: Array(body.bytes), identifier: plan.identifier)
    }

    private func read(_ request: BatchRequest, _ dialect: any Dialect) throws(APIError) -> ModelRequest {
        var asked = try request.body.withUnsafeBytes { (bytes) -> Result<ModelRequest, APIError> in
            Result { () throws(APIError) in try ModelRequest(request.endpoint, dialect: dialect, body: bytes) }
        }.get()
        asked.isStreamed = false
        return asked
    }

    private func outcome(of error: APIError, _ dialect: any Dialect, identifier: UInt64) -> BatchOutcome {
        var body = ByteWriter()
        dialect.appendError(error, identifier: identifier, to: &body)
        return BatchOutcome(kind: .errored, status: dialect.status(error), body: Array(body.bytes), identifier: identifier)
    }
}

extension Ledger.Outcome {
    /// A complete answer.
    static func ok(_ request: ModelRequest, _ plan: SimulationPlan) -> Ledger.Outcome {
        .ok(promptTokens: request.promptTokens, completionTokens: plan.outputTokens)
    }
}
