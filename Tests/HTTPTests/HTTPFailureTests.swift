import EventLoop
import HTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPFailureTests {
    private func timeouts(
        connect: Duration = .seconds(20), firstByte: Duration = .seconds(20), total: Duration = .seconds(20), idle: Duration = .seconds(20)
    ) -> HTTPTimeouts {
        HTTPTimeouts(connect: connect, firstByte: firstByte, total: total, idle: idle)
    }

    private func hang(_ connection: ScriptedServer.Connection) {
        _ = connection.readRequest()
        connection.waitForEnd()
    }

    // MARK: Time

    @Test func givesUpAConnectionThatDoesNotStandInTime() async throws {
        // A TLS handshake that nobody answers is the connection's affair still.
        let server = try ScriptedServer { $0.waitForEnd() }
        try await withClient { client in
            let error = try await httpError {
                try await client.send("https://127.0.0.1:\(server.port)/", timeouts: timeouts(connect: .milliseconds(100)))
            }
            #expect(error.kind == .timeout(.connect))
            #expect(!error.mayHaveBeenSent)
            try await Condition.wait(for: "the connection to be closed") { server.ended == 1 }
        }
    }

    @Test func givesUpAServerThatDoesNotAnswerInTime() async throws {
        let server = try ScriptedServer(hang)
        try await withClient { client in
            let start = MonotonicTime.now
            let error = try await httpError { try await client.send(server.url, timeouts: timeouts(firstByte: .milliseconds(100))) }
            let elapsed = MonotonicTime.now.milliseconds(since: start)
            #expect(error.kind == .timeout(.firstByte))
            #expect(error.mayHaveBeenSent)
            #expect(error.host == "127.0.0.1:\(server.port)")
            #expect(elapsed >= 100)
            try await Condition.wait(for: "the connection to be closed") { server.ended == 1 }
        }
    }

    @Test func givesUpAResponseThatIsNotCompleteInTime() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ")
            connection.waitForEnd()
        }
        try await withClient { client in
            let limits = timeouts(firstByte: .milliseconds(700), total: .seconds(1), idle: .milliseconds(50))
            let error = try await httpError { try await client.send(server.url, timeouts: limits) }
            #expect(error.kind == .timeout(.total))
            #expect(error.mayHaveBeenSent)
        }
    }

    @Test func givesUpAStreamThatFallsSilent() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            connection.waitForEnd()
        }
        try await withClient { client in
            let error = try await httpError { try await client.stream(server.url, timeouts: timeouts(idle: .milliseconds(100))) }
            #expect(error.kind == .timeout(.idle))
            #expect(await client.streamed == ["one"])
        }
    }

    @Test func countsTheWaitForAConnectionAgainstTheTotalOnly() async throws {
        let server = try ScriptedServer(hang)
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerHost = 1
        try await withClient(configuration) { client in
            async let blocking = httpError {
                try await client.send(server.url, timeouts: timeouts(firstByte: .seconds(5), total: .seconds(1)))
            }
            try await Condition.wait(for: "the first request to be on its way") { server.accepted == 1 }
            let limits = timeouts(connect: .milliseconds(20), firstByte: .milliseconds(20), total: .milliseconds(200))
            let error = try await httpError { try await client.send(server.url, timeouts: limits) }
            #expect(error.kind == .timeout(.total))
            #expect(!error.mayHaveBeenSent)
            let kind = try await blocking.kind
            #expect(kind == .timeout(.total))
            #expect(await client.waiting == 0)
        }
    }

    // MARK: Connections

    @Test func tellsThatNothingListens() async throws {
        let port = try FreePort.find()
        try await withClient { client in
            let error = try await httpError { try await client.send("http://user:secret@127.0.0.1:\(port)/path?key=secret") }
            #expect(error.kind == .connectFailed)
            #expect(!error.mayHaveBeenSent)
            #expect(error.description.contains("127.0.0.1:\(port)"))
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func tellsThatANameDoesNotResolve() async throws {
        try await withClient { client in
            let error = try await httpError { try await client.send("http://no-such-host.invalid/") }
            #expect(error.kind == .nameNotResolved)
            #expect(!error.mayHaveBeenSent)
            #expect(error.description.contains("no-such-host.invalid"))
        }
    }

    /// libcurl waits for a resolved name with a descriptor of its own, whose number a connection may have next.
    @Test func namesThatDoNotResolveLeaveNothingBehind() async throws {
        let port = try FreePort.find()
        try await withClient { client in
            for _ in 0..<20 {
                let unknown = try await httpError { try await client.send("http://no-such-host.invalid/") }
                let refused = try await httpError { try await client.send("http://127.0.0.1:\(port)/") }
                #expect(unknown.kind == .nameNotResolved && refused.kind == .connectFailed)
            }
        }
    }

    @Test func tellsThatTheServerHungUpBeforeAnswering() async throws {
        let server = try ScriptedServer { connection in _ = connection.readRequest() }
        try await withClient { client in
            let error = try await httpError { try await client.send(server.url) }
            #expect(error.kind == .connectionLost)
            #expect(error.mayHaveBeenSent)
        }
    }

    @Test func tellsThatABodyIsCutShort() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        }
        try await withClient { client in
            let error = try await httpError { try await client.send(server.url) }
            #expect(error.kind == .connectionLost)
            #expect(error.mayHaveBeenSent)
        }
    }

    @Test func tellsThatTheAnswerIsNotHTTP() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.write("SSH-2.0-OpenSSH_9.2\r\nmore\r\n")
            connection.waitForEnd()
        }
        try await withClient { client in
            let error = try await httpError { try await client.send(server.url) }
            #expect(error.kind == .protocolViolation)
        }
    }

    @Test func tellsThatAnEncodingIsDamaged() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nnot gzip....")
            connection.waitForEnd()
        }
        try await withClient { client in
            let kind = try await httpError { try await client.send(server.url) }.kind
            #expect(kind == .protocolViolation)
        }
    }

    @Test func opensANewConnectionWhenTheServerHasClosedTheUnusedOne() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        try await withClient { client in
            for round in 1...5 {
                let answer = try await client.send(server.url)
                #expect(answer.text == "ok")
                #expect(!answer.isReused)
                try await Condition.wait(for: "the server to close") { server.ended == round }
            }
        }
    }

    @Test func requestsThatWaitForADeadHostFailWithIt() async throws {
        let port = try FreePort.find()
        try await withClient { client in
            let outcome = try await client.sendMany(2000, "http://127.0.0.1:\(port)/", status: 200, text: "")
            #expect(outcome.good == 0)
            #expect(await client.waiting == 0)
            #expect(await client.inFlight == 0)
        }
    }

    // MARK: Size

    @Test(arguments: ["Content-Length: 2000", "Transfer-Encoding: chunked"])
    func refusesAResponseThatIsTooLarge(framing: String) async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n7d0\r\n")
            connection.write(String(repeating: "x", count: 2000))
            connection.waitForEnd()
        }
        var configuration = HTTPClientConfiguration()
        configuration.maxResponseBytes = 1000
        try await withClient(configuration) { client in
            let error = try await httpError { try await client.send(server.url) }
            #expect(error.kind == .responseTooLarge(limit: 1000))
            try await Condition.wait(for: "the connection to be closed") { server.ended == 1 }
        }
    }

    // MARK: Cancellation

    @Test func aCancelledRequestLeavesItsConnectionAtOnce() async throws {
        let server = try ScriptedServer(hang)
        try await withClient { client in
            let task = Task { try await httpError { try await client.send(server.url) } }
            try await Condition.wait(for: "the request to be on its way") { server.accepted == 1 }
            task.cancel()
            let error = try await task.value
            #expect(error.kind == .cancelled)
            #expect(await client.inFlight == 0)
            try await Condition.wait(for: "the connection to be closed") { server.ended == 1 }
        }
    }

    @Test func aCancelledRequestLeavesTheQueue() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        let blocker = try ScriptedServer(hang)
        var configuration = HTTPClientConfiguration()
        configuration.maxConnections = 1
        try await withClient(configuration) { client in
            let first = Task { try await httpError { try await client.send(blocker.url) } }
            try await Condition.wait(for: "the first request to be on its way") { blocker.accepted == 1 }
            let waiting = (0..<3).map { _ in Task { try await client.send(server.url).text } }
            try await Condition.wait(for: "the others to wait") { await client.waiting == 3 }
            waiting[1].cancel()
            await #expect(throws: HTTPError.self) { try await waiting[1].value }
            #expect(await client.waiting == 2)
            #expect(server.accepted == 0)
            first.cancel()
            let kind = try await first.value.kind
            #expect(kind == .cancelled)
            for task in [waiting[0], waiting[2]] {
                let text = try await task.value
                #expect(text == "ok")
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func aTaskThatIsCancelledBeforeSendsNothing() async throws {
        let server = try ScriptedServer(hang)
        try await withClient { client in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await httpError { try await client.send(server.url) }
            }
            let kind = try await task.value.kind
            #expect(kind == .cancelled)
            #expect(server.accepted == 0)
        }
    }

    @Test func cancellationAtAnyMomentLeavesTheClientWhole() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerHost = 4
        try await withClient(configuration) { client in
            for round in 0..<300 {
                let tasks = (0..<8).map { _ in Task { try await client.send(server.url).text } }
                for _ in 0..<(round % 23) { await Task.yield() }
                for task in tasks.dropFirst(round % 8) { task.cancel() }
                for task in tasks {
                    if case .success(let text) = await task.result { #expect(text == "ok") }
                }
            }
            #expect(await client.inFlight == 0)
            #expect(await client.waiting == 0)
            let text = try await client.send(server.url).text
            #expect(text == "ok")
        }
    }

    @Test func closingTheClientEndsItsRequests() async throws {
        let server = try ScriptedServer(hang)
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerHost = 2
        try await withClient(configuration) { client in
            let tasks = (0..<6).map { _ in Task { try await httpError { try await client.send(server.url) } } }
            try await Condition.wait(for: "requests to be on their way") { server.accepted == 2 }
            await client.closeClient()
            for task in tasks { #expect(try await task.value.kind == .cancelled) }
            let kind = try await httpError { try await client.send(server.url) }.kind
            #expect(kind == .cancelled)
            try await Condition.wait(for: "the connections to be closed") { server.ended == 2 }
        }
    }
}
