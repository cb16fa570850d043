package import Envelope
package import EventLoop
package import HTTP
internal import JSONSchema
package import Limits
internal import Providers

/// Calls a request's deployment, again where that may help, until there is an answer or no hope. Confined to its client's loop.
package final class Router {
    private let client: HTTPClient
    private let loop: EventLoop
    let policy: RetryPolicy
    private let timeouts: HTTPTimeouts
    private let maxResponseBytes: Int
    private let random: () -> Double
    private let repairs: Bool
    /// Nil if nothing is limited.
    let limiter: RateLimiter?
    var estimator = TokenEstimator()
    let schemas = SchemaCheck()
    private let onKeySetAside: (KeyNotice) -> Void
    private let budget: RetryBudget
    /// By the provider's name.
    private var budgets: [String: RetryBudget] = [:]

    /// - Parameters:
    ///   - budget: for each provider.
    ///   - http: the client's own settings; a request's deadline shortens their time limits.
    ///   - repairs: whether a model whose answer does not fit its schema is asked once more.
    ///   - limiter: nil if nothing is limited.
    ///   - random: 0 ..< 1, for the jitter between attempts.
    ///   - onKeySetAside: called when a provider has refused a key.
    package init(
        client: HTTPClient, loop: EventLoop, policy: RetryPolicy, budget: RetryBudget, http: HTTPClientConfiguration,
        repairs: Bool = false, limiter: RateLimiter? = nil, random: @escaping () -> Double = { .random(in: 0..<1) },
        onKeySetAside: @escaping (KeyNotice) -> Void = { _ in }
    ) {
        self.client = client
        self.loop = loop
        self.policy = policy
        self.budget = budget
        timeouts = http.timeouts
        maxResponseBytes = http.maxResponseBytes
        self.repairs = repairs
        self.limiter = limiter
        self.random = random
        self.onKeySetAside = onKeySetAside
    }

    /// Has a request answered.
    ///
    /// - Parameters:
    ///   - bytes: the message that the request was decoded from.
    ///   - past: what was done for it before.
    ///   - slot: given back for as long as it waits between calls; nil if nobody else wants it.
    ///   - sink: gets the pieces of a streamed answer; nil if nobody wants them.
    ///   - clock: the wall clock in unix milliseconds, which the request's deadline is compared with.
    package func answer(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, by deployment: Deployment, past: RequestPast = RequestPast(),
        slot: CallSlot? = nil, sink: AnswerSink? = nil,
        clock: () -> Int64 = { WallClock.milliseconds }, isolation: isolated (any Actor)? = #isolation
    ) async -> Reply {
        var record = CallRecord(endpoint: deployment.endpoint.name, model: deployment.model, attempts: past.attempts)
        var call: OutgoingCall
        do throws(ProviderError) {
            call = try OutgoingCall(request, bytes: bytes, to: deployment)
        } catch {
            return record.reply(.failed(error))
        }
        let schema = schemas.schema(of: request, bytes)
        let firstBegan = past.began ?? clock()
        budgets[deployment.endpoint.name, default: budget].noteCall(now: .now)
        while true {
            let left = request.deadline.map { $0 - clock() }
            if let left {
                guard left > 0 else { return record.reply(.failed(Self.late(after: record.last))) }
            }
            let failure: ProviderError
            let step = await attempt(
                &call, &record, request, bytes: bytes, schema, slot, sink, left: left.map(Double.init), age: Double(clock() - firstBegan))
            switch step {
            case .ended(let outcome): return record.reply(outcome)
            case .again: continue
            case .failed(let error): failure = error
            }
            let remaining = request.deadline.map { Double($0 - clock()) }
            if let remaining, remaining <= 0 { return record.reply(.failed(Self.late(after: failure))) }
            let attempt = record.attempts.count { !$0.isKeyTrial }
            let isWithinBudget =
                policy.mayRetry(after: attempt, isRetryable: failure.retryable)
                && budgets[deployment.endpoint.name, default: budget].take(now: .now)
            let decision = policy.decision(
                after: attempt, isRetryable: failure.retryable, retryAfter: failure.retryAfterMilliseconds.map(Double.init),
                age: Double(clock() - firstBegan), remaining: remaining, isWithinBudget: isWithinBudget, random: random())
            switch decision {
            case .never: return record.reply(.failed(failure))
            case .later(let delay): return record.reply(.postponed(failure, after: delay))
            case .now(let delay):
                slot?.giveBack()
                let isOver = await pause(delay)
                await slot?.takeAgain()
                guard isOver else { return record.reply(.cancelled) }
                record.waited += delay
                call.beginAnew()
            }
        }
    }

    // MARK: One attempt

    private enum Step {
        /// With what the request is to be told.
        case ended(Reply.Outcome)
        /// Without it; another call is to follow at once.
        case again
        /// In a way that another call may mend, perhaps later.
        case failed(ProviderError)
    }

    private func attempt(
        _ call: inout OutgoingCall, _ record: inout CallRecord, _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer,
        _ schema: JSONSchema?, _ slot: CallSlot?, _ sink: AnswerSink?, left: Double?, age: Double,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Step {
        let permit: Permit?
        let waited = record.waited
        switch await admit(&call, &record, request, bytes: bytes, slot: slot, left: left, age: age) {
        case .granted(let granted): permit = granted
        case .again: return .again
        case .failed(let error): return .failed(error)
        case .ended(let outcome): return .ended(outcome)
        }
        if let left { call.http.timeouts = timeouts(within: Int64(left - (record.waited - waited))) }
        let began = MonotonicTime.now
        let outcome = await send(call, sink)
        let milliseconds = MonotonicTime.now.milliseconds(since: began)
        settle(permit, outcome, call, request, bytes: bytes)
        switch outcome {
        case .cancelled:
            call.keyFinished(isAccepted: false)
            return .ended(.cancelled)
        case .failed(let said):
            let error = call.withoutSecrets(said)
            if let notice = call.keyFailed(error) { onKeySetAside(notice) }
            let hasAnotherKey = call.mayUseAnotherKey(after: error)
            record.add(status: error.status, milliseconds, error: error.code, isKeyTrial: hasAnotherKey)
            record.last = error
            return hasAnotherKey ? .again : .failed(error)
        case .answered(let result, let response):
            call.keyFinished(isAccepted: true)
            let result = record.charge(result, request)
            let body = result.written?.bytes ?? response.body
            guard let schema, let problems = await schemas.misfit(result, body, schema) else {
                record.add(status: response.status, milliseconds, error: nil)
                return .ended(.answered(result, response))
            }
            record.add(status: response.status, milliseconds, error: .schemaMismatch)
            guard repairs, !record.isRepaired, !request.stream,
                let repair = Repair(of: result, body, to: request, bytes: bytes, problems: problems),
                let next = try? OutgoingCall(repair.request, bytes: repair.message.bytes, to: call.deployment)
            else { return .ended(.failed(Self.misfit(problems))) }
            call = next
            record.isRepaired = true
            return .again
        }
    }

    enum CallOutcome {
        case answered(ProviderResult, HTTPResponse)
        case failed(ProviderError)
        case cancelled
    }

    private func send(
        _ call: borrowing OutgoingCall, _ sink: AnswerSink?, isolation: isolated (any Actor)? = #isolation
    ) async -> CallOutcome {
        call.isStreamed ? await stream(call, sink) : await execute(call)
    }

    private func execute(_ call: borrowing OutgoingCall, isolation: isolated (any Actor)? = #isolation) async -> CallOutcome {
        let (http, format, type) = (call.http, call.format, call.type)
        let response: HTTPResponse
        do {
            response = try await client.execute(http)
        } catch {
            return ProviderError(error).map { .failed($0) } ?? .cancelled
        }
        guard (200..<300).contains(response.status) else { return .failed(Self.classify(response, format)) }
        return response.withBody { body in
            do throws(ProviderError) {
                return .answered(try format.decodeAnswer(type, body), response)
            } catch {
                return .failed(error)
            }
        }
    }

    private func stream(
        _ call: borrowing OutgoingCall, _ sink: AnswerSink?, isolation: isolated (any Actor)? = #isolation
    ) async -> CallOutcome {
        let (http, format) = (call.http, call.format)
        sink?.begin()
        let stream = StreamedCall(call.type, format, maxBytes: maxResponseBytes, onDelta: sink?.add)
        var response: HTTPResponse?
        var failure: HTTPError?
        do {
            response = try await client.stream(http) { try stream.take($0) }
        } catch {
            if error.kind == .cancelled { return .cancelled }
            failure = error
        }
        if let response, !(200..<300).contains(response.status) { return .failed(Self.classify(response, format)) }
        do throws(ProviderError) {
            return .answered(try stream.outcome(failure), response ?? HTTPResponse(status: 200))
        } catch {
            return .failed(error)
        }
    }

    private static func classify(_ response: HTTPResponse, _ format: any WireFormat) -> ProviderError {
        response.withBody {
            format.classify(status: response.status, header: { response.header($0) }, body: $0, now: WallClock.milliseconds)
        }
    }

    // MARK: Time

    /// Returns false if the task was cancelled meanwhile.
    private func pause(_ milliseconds: Double, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        do {
            try await loop.sleep(for: .milliseconds(milliseconds))
            return true
        } catch {
            return false
        }
    }

    private func timeouts(within milliseconds: Int64) -> HTTPTimeouts {
        var timeouts = timeouts
        timeouts.total = min(timeouts.total, .milliseconds(milliseconds))
        return timeouts
    }

    static func misfit(_ problems: String) -> ProviderError {
        ProviderError(code: .schemaMismatch, message: "the model's answer does not fit the schema in response_format: \(problems)")
    }

    static func late(after last: ProviderError?) -> ProviderError {
        let reason = last.map { "; the last attempt failed: \($0.message)" } ?? ""
        return ProviderError(code: .deadlineExceeded, message: "the request's deadline passed before it was answered\(reason)")
    }
}
