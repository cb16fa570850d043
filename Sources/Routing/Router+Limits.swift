internal import Envelope
internal import EventLoop
internal import HTTP
internal import Limits
internal import Providers

/// How a call gets its turn and its key, and what it has used of its limits.
extension Router {
    enum Admission {
        /// It has its key. The permit is nil if nothing is limited.
        case granted(Permit?)
        /// The key that it was to have has been set aside meanwhile.
        case again
        case failed(ProviderError)
        case ended(Reply.Outcome)
    }

    /// Waits for a call's turn, and takes its key.
    ///
    /// - Parameters:
    ///   - left: milliseconds until the request's deadline; nil if it has none.
    ///   - age: milliseconds since the request was first begun.
    func admit(
        _ call: inout OutgoingCall, _ record: inout CallRecord, _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer,
        slot: CallSlot?, left: Double?, age: Double, isolation: isolated (any Actor)? = #isolation
    ) async -> Admission {
        let (endpoint, model) = (call.deployment.endpoint, call.deployment.model)
        guard let limiter, limiter.isLimited(provider: endpoint.name, model: model, tenant: request.tenant) else {
            return takeAnyKey(&call, record)
        }
        let (name, inputBytes, type) = (call.deployment.name, request.inputBytes, request.type)
        let (maxOutput, choices) = (request.maxOutput(bytes) ?? call.deployment.maxTokens, request.choices(bytes))
        let demand = LimitDemand(
            provider: endpoint.name, model: model, tenant: request.tenant, priority: request.priority,
            tokens: { [self] in
                let expected = estimator.estimate(name, inputBytes: inputBytes, maxOutput: maxOutput, choices: choices)
                return (expected.input, type == .embedding ? 0 : expected.output)
            },
            keys: {
                let keys = endpoint.usableKeys(for: model)
                // That none may be used is found when it is to be taken.
                return keys.isEmpty ? [0] : keys
            })
        if let permit = limiter.take(demand) { return take(permit, &call, record) }
        let began = MonotonicTime.now
        slot?.giveBack()
        let outcome = await limiter.wait(
            demand, deadline: left.map { began + .milliseconds($0) }, longest: .milliseconds(min(policy.longestInMemory, Self.longestWait)))
        await slot?.takeAgain()
        record.waited += MonotonicTime.now.milliseconds(since: began)
        switch outcome {
        case .granted(let permit): return take(permit, &call, record)
        case .cancelled: return .ended(.cancelled)
        case .late: return .ended(.failed(Self.late(after: record.last)))
        case .tooLong(let wait):
            let error = ProviderError(
                code: .rateLimited, message: "the limits of \(endpoint.name), \(model) or the tenant are used up for a longer while",
                retryAfterMilliseconds: Int(wait))
            if let left, left <= wait { return .ended(.failed(Self.late(after: error))) }
            if let most = policy.maxTotal, age + wait >= most { return .ended(.failed(error)) }
            return .ended(.postponed(error, after: wait))
        }
    }

    /// Milliseconds; a year.
    private static let longestWait = 3.2e10

    private func take(_ permit: Permit, _ call: inout OutgoingCall, _ record: CallRecord) -> Admission {
        if call.takeKey(permit.key) { return .granted(permit) }
        limiter?.cancel(permit)
        let admission = takeAnyKey(&call, record)
        guard case .granted = admission else { return admission }
        // Another key may be used, but not without its limits.
        call.keyFinished(isAccepted: false)
        return .again
    }

    // MARK: After the call

    /// Puts right what a call has used of its limits.
    func settle(
        _ permit: Permit?, _ outcome: CallOutcome, _ call: borrowing OutgoingCall, _ request: borrowing RequestEnvelope,
        bytes: UnsafeRawBufferPointer
    ) {
        guard let limiter, let permit else { return }
        switch outcome {
        case .answered(let result, let response):
            let usage = result.usage ?? request.estimatedUsage(for: result.content)
            estimator.note(call.deployment.name, inputBytes: request.inputBytes, usage: usage, choices: request.choices(bytes))
            limiter.settle(permit, input: usage.input, output: usage.output)
            let readings = call.format.rateLimits(header: { response.header($0) }, now: WallClock.milliseconds)
            if !readings.isEmpty { limiter.providerSays(permit, readings.compactMap(ProviderReading.init)) }
        case .failed(let error):
            switch error.code {
            case .rateLimited:
                limiter.providerRefused(permit, milliseconds: error.retryAfterMilliseconds.map(Double.init) ?? Self.refusalPause)
                limiter.settle(permit, input: 0, output: 0)
            case .connection:
                limiter.cancel(permit)
            case .timeout, .streamTruncated, .streamCorrupt, .streamStalled, .malformedResponse:
                // The model has been at work, nobody knows for how long.
                limiter.settle(permit)
            default:
                limiter.settle(permit, input: 0, output: 0)
            }
        case .cancelled:
            limiter.settle(permit)
        }
    }

    /// Milliseconds for which a key is left alone whose provider has refused a call for its rate and does not say for how long.
    private static let refusalPause = 1_000.0

    private func takeAnyKey(_ call: inout OutgoingCall, _ record: CallRecord) -> Admission {
        do throws(ProviderError) {
            try call.takeKey()
            return .granted(nil)
        } catch {
            return error.retryable ? .failed(error) : .ended(.failed(record.last ?? error))
        }
    }
}

extension ProviderReading {
    /// Of a limit a minute; nil for others, and if it is not said what is left.
    fileprivate init?(_ reading: RateLimitReading) {
        guard let remaining = reading.remaining, reading.window == .minute || reading.window == .unknown else { return nil }
        let unit: Unit =
            switch reading.unit {
            case .requests: .requests
            case .tokens: .tokens
            case .inputTokens: .inputTokens
            case .outputTokens: .outputTokens
            }
        self.init(unit: unit, remaining: remaining)
    }
}
