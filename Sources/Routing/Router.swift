package import Envelope
package import EventLoop
package import HTTP
internal import Providers

/// Calls a request's deployment, again where that may help, until there is an answer or no hope. Confined to its client's loop.
package final class Router {
    private let client: HTTPClient
    private let loop: EventLoop
    private let policy: RetryPolicy
    private let timeouts: HTTPTimeouts
    private let random: () -> Double
    private let budget: RetryBudget
    /// By the provider's name.
    private var budgets: [String: RetryBudget] = [:]

    /// - Parameters:
    ///   - budget: for each provider.
    ///   - timeouts: those of each call; a request's deadline shortens them.
    ///   - random: 0 ..< 1, for the jitter between attempts.
    package init(
        client: HTTPClient, loop: EventLoop, policy: RetryPolicy, budget: RetryBudget, timeouts: HTTPTimeouts,
        random: @escaping () -> Double = { .random(in: 0..<1) }
    ) {
        self.client = client
        self.loop = loop
        self.policy = policy
        self.budget = budget
        self.timeouts = timeouts
        self.random = random
    }

    /// Has a request answered.
    ///
    /// - Parameters:
    ///   - bytes: the message that the request was decoded from.
    ///   - past: what was done for it before.
    ///   - slot: given back for as long as it waits between calls; nil if nobody else wants it.
    ///   - clock: the wall clock in unix milliseconds, which the request's deadline is compared with.
    package func answer(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, by deployment: Deployment, past: RequestPast = RequestPast(),
        slot: CallSlot? = nil,
        clock: () -> Int64 = { WallClock.milliseconds }, isolation: isolated (any Actor)? = #isolation
    ) async -> Reply {
        let endpoint = deployment.endpoint
        var body = ByteWriter(capacity: bytes.count + 64)
        do throws(ProviderError) {
            try endpoint.format.writeBody(ModelCall(request, bytes: bytes, model: deployment.model), into: &body)
        } catch {
            return Reply(outcome: .failed(error), attempts: [], providerMilliseconds: 0, waitedMilliseconds: 0, lastCall: nil)
        }
        var call = HTTPRequest(.post, target: endpoint.target(for: request.type), headers: endpoint.headers, body: body.bytes)
        var record = Record(endpoint: endpoint.name, model: deployment.model, attempts: past.attempts)
        let firstBegan = past.began ?? clock()
        budgets[endpoint.name, default: budget].noteCall(now: .now)
        while true {
            let left = request.deadline.map { $0 - clock() }
            if let left {
                guard left > 0 else { return record.reply(.failed(Self.late(after: record.last))) }
                call.timeouts = timeouts(within: left)
            }
            let began = MonotonicTime.now
            let outcome = await send(call, endpoint, type: request.type)
            let milliseconds = MonotonicTime.now.milliseconds(since: began)
            let failure: ProviderError
            switch outcome {
            case .cancelled:
                return record.reply(.cancelled)
            case .answered(let result, let response):
                record.add(status: response.status, milliseconds, error: nil)
                return record.reply(.answered(result, response))
            case .failed(let error):
                record.add(status: error.status, milliseconds, error: error.code)
                record.last = error
                failure = error
            }
            let remaining = request.deadline.map { Double($0 - clock()) }
            if let remaining, remaining <= 0 { return record.reply(.failed(Self.late(after: failure))) }
            let attempt = record.attempts.count
            let isWithinBudget =
                policy.mayRetry(after: attempt, isRetryable: failure.retryable)
                && budgets[endpoint.name, default: budget].take(now: .now)
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
            }
        }
    }

    private enum CallOutcome {
        case answered(ProviderResult, HTTPResponse)
        case failed(ProviderError)
        case cancelled
    }

    private func send(
        _ call: HTTPRequest, _ endpoint: ProviderEndpoint, type: RequestType, isolation: isolated (any Actor)? = #isolation
    ) async -> CallOutcome {
        let response: HTTPResponse
        do {
            response = try await client.execute(call)
        } catch {
            return ProviderError(error).map { .failed($0) } ?? .cancelled
        }
        return response.withBody { body in
            guard (200..<300).contains(response.status) else {
                return .failed(
                    endpoint.format.classify(
                        status: response.status, header: { response.header($0) }, body: body, now: WallClock.milliseconds))
            }
            do throws(ProviderError) {
                return .answered(try endpoint.format.decodeAnswer(type, body), response)
            } catch {
                return .failed(error)
            }
        }
    }

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

    private static func late(after last: ProviderError?) -> ProviderError {
        let reason = last.map { "; the last attempt failed: \($0.message)" } ?? ""
        return ProviderError(code: .deadlineExceeded, message: "the request's deadline passed before it was answered\(reason)")
    }
}

/// The attempts of one request so far.
private struct Record {
    let endpoint: String
    let model: String
    var attempts: [Attempt]
    var last: ProviderError?
    var lastCall: ProviderCall?
    var provider = 0.0
    var waited = 0.0

    mutating func add(status: Int?, _ milliseconds: Double, error: ErrorCode?) {
        provider += milliseconds
        let isOverload = error == .rateLimited || error == .overloaded || error == .timeout
        lastCall = ProviderCall(milliseconds: milliseconds, isOverload: isOverload)
        attempts.append(Attempt(provider: endpoint, model: model, status: status, milliseconds: milliseconds, error: error))
    }

    func reply(_ outcome: Reply.Outcome) -> Reply {
        Reply(outcome: outcome, attempts: attempts, providerMilliseconds: provider, waitedMilliseconds: waited, lastCall: lastCall)
    }
}
