import Envelope
import EventLoop
import HTTP
import Providers
import Routing
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RouterTests {
    private static let answer =
        #"{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],"#
        + #""usage":{"prompt_tokens":3,"completion_tokens":1}}"#

    @Test func passesThePromptOnAndReturnsTheAnswer() async throws {
        let seen = Mutex("")
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                seen.withLock { $0 = request }
                connection.write(Self.response(200, Self.answer))
            }
        }
        let outcome = try await ask(server, #"{"id":"1","messages":[{"role":"user","content":"Ünï\u0041"}],"temperature":0.5}"#)
        #expect(outcome == Outcome(text: "answered stop", attempts: [200]))
        let request = seen.withLock { $0 }
        #expect(request.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        #expect(request.hasSuffix(#"{"model":"m-1","messages":[{"role":"user","content":"Ünï\u0041"}],"temperature":0.5}"#))
    }

    @Test func triesAgainWhereThatMayHelp() async throws {
        let statuses = Mutex([503, 429, 200])
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                let status = statuses.withLock { $0.removeFirst() }
                connection.write(Self.response(status, status == 200 ? Self.answer : #"{"error":{"message":"busy"}}"#))
            }
        }
        #expect(try await ask(server) == Outcome(text: "answered stop", attempts: [503, 429, 200]))
    }

    @Test func givesUpAfterTheLastAttempt() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.write(Self.response(500, #"{"error":{"message":"broken"}}"#)) }
        }
        #expect(try await ask(server) == Outcome(text: "failed server_error", attempts: [500, 500, 500]))
    }

    @Test func doesNotRepeatWhatCannotSucceed() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.write(Self.response(400, #"{"error":{"message":"no"}}"#)) }
        }
        #expect(try await ask(server) == Outcome(text: "failed provider_invalid_request", attempts: [400]))
    }

    @Test func aBrokenConnectionIsTriedAgain() async throws {
        let count = Atomic(0)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            if count.wrappingAdd(1, ordering: .relaxed).newValue > 1 { connection.write(Self.response(200, Self.answer)) }
        }
        #expect(try await ask(server) == Outcome(text: "answered stop", attempts: [nil, 200]))
    }

    @Test func anExpiredRequestIsNotPaidFor() async throws {
        let server = try ScriptedServer { _ in }
        let late = #"{"id":"1","messages":[{"role":"user","content":"x"}],"deadline":1500000000000}"#
        #expect(try await ask(server, late) == Outcome(text: "failed deadline_exceeded", attempts: []))
        #expect(server.accepted == 0)
    }

    @Test func theDeadlineEndsACall() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.waitForEnd()
        }
        let deadline = WallClock.milliseconds + 150
        let text = #"{"id":"1","messages":[{"role":"user","content":"x"}],"deadline":\#(deadline)}"#
        #expect(try await ask(server, text) == Outcome(text: "failed deadline_exceeded", attempts: [nil]))
    }

    @Test func cancellationEndsTheCall() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.waitForEnd()
        }
        let caller = try RouterUser(port: server.port)
        defer { caller.loop.shutDown() }
        let task = Task { await caller.ask(Self.question) }
        try await Condition.wait(for: "the call") { server.accepted == 1 }
        task.cancel()
        #expect(await task.value == Outcome(text: "cancelled", attempts: []))
        try await Condition.wait(for: "the end of the connection") { server.ended == 1 }
        await caller.close()
    }

    private static let question = #"{"id":"1","messages":[{"role":"user","content":"x"}]}"#

    private func ask(_ server: ScriptedServer, _ text: String = question) async throws -> Outcome {
        let caller = try RouterUser(port: server.port)
        defer { caller.loop.shutDown() }
        let outcome = await caller.ask(text)
        await caller.close()
        return outcome
    }

    private static func response(_ status: Int, _ body: String) -> String {
        "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

struct Outcome: Equatable, Sendable {
    let text: String
    let attempts: [Int?]
}

/// A router on a loop of its own.
private actor RouterUser {
    nonisolated let loop = EventLoop(name: "router")
    private let deployment: Deployment
    private var client: HTTPClient?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(port: Int) throws {
        let endpoint = try ProviderEndpoint(name: "p", format: OpenAIFormat(), baseURL: "http://127.0.0.1:\(port)/v1", headers: [])
        deployment = Deployment(endpoint: endpoint, model: "m-1", price: nil)
    }

    func ask(_ text: String, past: RequestPast = RequestPast()) async -> Outcome {
        let client = HTTPClient(HTTPClientConfiguration(), loop: loop)
        self.client = client
        let router = Router(
            client: client, loop: loop,
            policy: RetryPolicy(maxAttempts: 3, maxTotal: nil, baseDelay: 1, maxDelay: 5, longestInMemory: 1_000),
            budget: RetryBudget(ratio: 1, perSecond: 10), timeouts: HTTPTimeouts())
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: text.utf8)
        let message = UnsafeRawBufferPointer(bytes)
        guard let request = try? RequestDecoder.decode(message) else { return Outcome(text: "not decoded", attempts: []) }
        let reply = await router.answer(request, bytes: message, by: deployment, past: past)
        let attempts = reply.attempts.map(\.status)
        switch reply.outcome {
        case .cancelled: return Outcome(text: "cancelled", attempts: attempts)
        case .postponed(let error, let delay): return Outcome(text: "postponed \(error.code.rawValue) \(Int(delay))", attempts: attempts)
        case .failed(let error): return Outcome(text: "failed \(error.code.rawValue)", attempts: attempts)
        case .answered(let result, let response):
            let reason = result.finishReason.map { range in response.withBody { JSONText.string(at: range, in: $0) } }
            return Outcome(text: "answered \(reason ?? "")", attempts: attempts)
        }
    }

    func close() {
        client?.close()
        client = nil
    }
}
