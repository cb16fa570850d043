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
        let deadline = WallClock.milliseconds + 500
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

    // MARK: Streams

    private static let chunks = [
        #"{"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}"#,
        #"{"model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}"#,
        #"{"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        #"{"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        "[DONE]",
    ]

    private static let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static func event(_ data: String) -> String {
        let text = "data: \(data)\n\n"
        return "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }

    private static let streamed = #"{"id":"1","stream":true,"messages":[{"role":"user","content":"x"}]}"#

    @Test func aStreamIsPassedOnAndPutTogether() async throws {
        let seen = Mutex("")
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            seen.withLock { $0 = request }
            connection.write(Self.streamHead + Self.chunks.map(Self.event).joined() + "0\r\n\r\n")
            connection.waitForEnd()
        }
        let caller = try RouterUser(port: server.port)
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.streamed) == Outcome(text: "answered stop", attempts: [200]))
        #expect(await caller.deltas == ["begin", #"{"role":"assistant","content":"Hel"}"#, #"{"content":"lo"}"#])
        #expect(seen.withLock { $0 }.hasSuffix(#","stream":true,"stream_options":{"include_usage":true}}"#))
        await caller.close()
    }

    /// How a stream may go wrong the first time, and what the attempt is called.
    @Test(arguments: [
        (streamHead + chunks.prefix(2).map(event).joined() + "0\r\n\r\n", "stream_truncated"),
        (streamHead + chunks.prefix(2).map(event).joined(), "stream_truncated"),
        (streamHead + event(#"{"choices":[{"ind"#), "stream_corrupt"),
        (streamHead + chunks.prefix(1).map(event).joined() + event(#"{"error":{"message":"boom","type":"server_error"}}"#), "server_error"),
    ])
    func aBrokenStreamIsNoAnswer(_ first: String, _ code: String) async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(first)
        }
        let caller = try RouterUser(port: server.port)
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.streamed).text == "failed \(code)")
        #expect(server.accepted == 3)
        await caller.close()
    }

    @Test func aStalledStreamHitsItsIdleTimeout() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(Self.streamHead + Self.event(Self.chunks[0]))
            connection.waitForEnd()
        }
        var configuration = HTTPClientConfiguration()
        configuration.timeouts.idle = .milliseconds(150)
        let caller = try RouterUser(port: server.port, client: configuration)
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.streamed).text == "failed stream_stalled")
        #expect(await caller.deltas.filter { $0 == "begin" }.count == 3)
        await caller.close()
    }

    @Test func whatFollowsTheEndOfAStreamDoesNotMatter() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(Self.streamHead + Self.chunks.map(Self.event).joined())
        }
        let caller = try RouterUser(port: server.port)
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.streamed) == Outcome(text: "answered stop", attempts: [200]))
        await caller.close()
    }

    // MARK: Schemas

    private static let formatted =
        #"{"id":"1","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","required":["a"]}}},"#
        + #""extra":{"x":1},"messages":[{"role":"user","content":"x"}]}"#

    private static func answer(_ content: String) -> String {
        response(
            200,
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"\#(content)"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#
        )
    }

    @Test(arguments: [
        ([#"{\"a\":1}"#], false, "answered stop", 1), (["{}", "{}"], false, "failed schema_mismatch", 1),
        (["no JSON", #"{\"a\":1}"#], true, "answered stop", 2), (["{}", "{}", #"{\"a\":1}"#], true, "failed schema_mismatch", 2),
    ])
    func answersFitTheirSchemaOrAreMendedOnce(_ contents: [String], _ repairs: Bool, _ outcome: String, _ calls: Int) async throws {
        let requests = Mutex<[String]>([])
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let number = requests.withLock { requests in
                    requests.append(request)
                    return requests.count
                }
                connection.write(Self.answer(contents[number - 1]))
            }
        }
        let caller = try RouterUser(port: server.port, repairs: repairs)
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.formatted) == Outcome(text: outcome, attempts: Array(repeating: 200, count: calls)))
        if calls == 2 {
            let second = requests.withLock { $0[1] }
            #expect(second.contains(#"{"role":"user","content":"x"},{"role":"assistant","content":"\#(contents[0])"},{"role":"user","#))
            #expect(second.contains(#""x":1"#) && second.contains(#""response_format":{"type":"json_schema""#))
        }
        await caller.close()
    }

    // MARK: Keys

    /// Answers each key as it is told.
    private static func server(_ answers: [String: (Int, String)]) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let key = answers.keys.first { request.lowercased().contains("bearer \($0)\r\n") } ?? ""
                let (status, body) = answers[key] ?? (200, answer)
                connection.write(response(status, body))
            }
        }
    }

    @Test func anotherKeyIsTriedAndTheRefusedOneSetAside() async throws {
        let server = try Self.server(["bad": (401, #"{"error":{"message":"no such key","code":"invalid_api_key"}}"#)])
        let caller = try RouterUser(port: server.port, keys: ["bad", "good"])
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.question) == Outcome(text: "answered stop", attempts: [401, 200]))
        for _ in 0..<3 { #expect(await caller.ask(Self.question) == Outcome(text: "answered stop", attempts: [200])) }
        let notices = await caller.notices
        #expect(notices.map(\.key) == [1])
        #expect(notices.map(\.reason) == [.auth])
        await caller.close()
    }

    @Test func keysThatAreAllRefusedAreNotCalledAgain() async throws {
        let quota = #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota"}}"#
        let server = try Self.server(["a": (401, "{}"), "b": (429, quota)])
        let caller = try RouterUser(port: server.port, keys: ["a", "b"])
        defer { caller.loop.shutDown() }
        #expect(await caller.ask(Self.question) == Outcome(text: "failed quota_exhausted", attempts: [401, 429]))
        #expect(await caller.ask(Self.question) == Outcome(text: "failed auth", attempts: []))
        #expect(await caller.notices.map(\.reason) == [.auth, .quotaExhausted])
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
