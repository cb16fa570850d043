import Redis
import TestSupport
import Testing

@Suite struct RedisFailureTests {
    private static func configuration(_ port: Int, timeout: Duration = .seconds(10)) -> RedisConfiguration {
        var configuration = RedisConfiguration(host: "127.0.0.1", port: port)
        configuration.timeout = timeout
        return configuration
    }

    @Test func aStalledServerCostsTheTimeoutOnceAndMixesNoReplies() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port, timeout: .milliseconds(500))) { user in
            try await user.connect()
            try await user.execute("SET", "key", "before")
            server.stall()
            let begin = ContinuousClock.now
            let results = await user.concurrently(50) { ["ECHO", .integer($0)] }
            let waited = ContinuousClock.now - begin
            #expect(waited >= .milliseconds(500) && waited < .seconds(5))
            for result in results {
                guard case .failure(let failure) = result else {
                    Issue.record("a stalled server answered")
                    continue
                }
                #expect(failure.code == .timeout || failure.code == .unavailable)
                #expect(failure.mayHaveRun)
            }
            #expect(await user.statistics.timeouts > 0)

            server.goOn()
            try await user.waitUntilAvailable()
            let echoes = await user.concurrently(50) { ["ECHO", .integer(1000 + $0)] }
            #expect(echoes.compactMap { try? $0.get().integer } == Array(1000..<1050))
            #expect(await user.statistics.connections == 2)
        }
    }

    @Test func whileTheServerStallsCommandsSoonFailAtOnce() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port, timeout: .milliseconds(100))) { user in
            try await user.connect()
            server.stall()
            #expect(await user.failure("PING")?.code == .timeout)
            // This one may wait for the next connection, which does not come.
            #expect(await user.failure("PING")?.mayHaveRun == false)
            let begin = ContinuousClock.now
            for _ in 0..<100 {
                let failure = await user.failure("PING")
                #expect(failure?.code == .unavailable && failure?.mayHaveRun == false)
            }
            // Each of them waiting for its timeout would take ten seconds.
            #expect(ContinuousClock.now - begin < .seconds(5))
            server.goOn()
            try await user.waitUntilAvailable()
        }
    }

    @Test func aServerThatDiesFailsCommandsAtOnceAndIsFoundAgain() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port)) { user in
            try await user.execute("SET", "key", "value")
            server.stall()
            async let lost = user.concurrently(20) { ["ECHO", .integer($0)] }
            try await user.waitUntilPending(20)
            server.kill()
            for result in await lost {
                let failure = try #require(throws: RedisError.self) { try result.get() }
                #expect(failure.code == .unavailable && failure.mayHaveRun)
            }
            try await Condition.wait(for: "the loss to be known") { await user.failure("PING") != nil }
            let failure = try #require(await user.failure("PING"))
            #expect(failure.code == .unavailable && !failure.mayHaveRun)
            #expect(failure.message.contains("127.0.0.1:\(server.port)"))
            #expect(await user.isAvailable == false)

            try await server.restart()
            try await user.waitUntilAvailable()
            #expect(try await user.execute("GET", "key").isNull)
            let states = await user.states
            #expect(states.first == .available && states.last == .available)
            #expect(states.contains { if case .unavailable = $0 { true } else { false } })
        }
    }

    @Test func scriptsWorkAfterAReconnect() async throws {
        let script = RedisScript(name: "one", source: "return 1")
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port)) { user in
            #expect(try await user.evaluate(script) == .integer(1))
            #expect(try await user.evaluate(script) == .integer(1))
            server.kill()
            try await Condition.wait(for: "the loss to be known") { await user.isAvailable == false }
            try await server.restart()
            try await user.waitUntilAvailable()
            #expect(try await user.evaluate(script) == .integer(1))
        }
    }

    @Test func noServerAtAllFailsAtOnce() async throws {
        let port = try FreePort.find()
        try await RedisUser.with(Self.configuration(port)) { user in
            let failure = await #expect(throws: RedisError.self) { try await user.connect() }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("cannot connect to Redis at 127.0.0.1:\(port)") == true)
            #expect(await user.failure("PING")?.code == .unavailable)
        }
    }

    @Test func aNameThatDoesNotResolveIsSaid() async throws {
        var configuration = Self.configuration(6379)
        configuration.host = "no-such-host.invalid"
        try await RedisUser.with(configuration) { user in
            let failure = await #expect(throws: RedisError.self) { try await user.connect() }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("no-such-host.invalid") == true)
        }
    }

    @Test func aSilentServerLeavesWaitingCommandsWithTheirTimeout() async throws {
        let silent = try ScriptedServer { $0.waitForEnd() }
        try await RedisUser.with(Self.configuration(silent.port, timeout: .milliseconds(100))) { user in
            let results = await user.concurrently(50) { ["ECHO", .integer($0)] }
            for result in results {
                let failure = try #require(throws: RedisError.self) { try result.get() }
                #expect(failure.code == .unavailable && !failure.mayHaveRun)
            }
            #expect(await user.failure("PING")?.code == .unavailable)
        }
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n", "*1\r\n+OK\r\n", "$-5\r\n", "*1000000\r\n:1\r\n?x"])
    func whatIsNoRedisIsRecognised(_ answer: String) async throws {
        let other = try ScriptedServer { connection in
            connection.write(answer)
            connection.waitForEnd()
        }
        try await RedisUser.with(Self.configuration(other.port, timeout: .milliseconds(300))) { user in
            try await Condition.wait(for: "the client to notice") { await user.failure("PING")?.code == .protocolViolation }
        }
    }

    @Test func tooManyClientsIsTheReasonGiven() async throws {
        let server = try await RedisServer(["--maxclients", "1"])
        try await RedisUser.with(Self.configuration(server.port)) { first in
            try await Condition.wait(for: "the one place") { await first.isAvailable }
            try await RedisUser.with(Self.configuration(server.port)) { second in
                let failure = await #expect(throws: RedisError.self) { try await second.connect() }
                #expect(failure?.message.contains("max number of clients") == true)
            }
        }
    }

    // MARK: Cancellation

    @Test func aCancelledTaskReturnsAtOnceAndItsReplyIsDropped() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port)) { user in
            try await user.connect()
            server.stall()
            let cancelled = (0..<10).map { index in Task { await user.failure("ECHO", .integer(index)) } }
            try await user.waitUntilPending(10)
            async let kept = user.execute("ECHO", "kept")
            try await user.waitUntilPending(11)
            for task in cancelled { task.cancel() }
            for task in cancelled {
                let failure = await task.value
                #expect(failure?.code == .cancelled && failure?.mayHaveRun == true)
            }
            server.goOn()
            #expect(try await kept.string == "kept")
            #expect(await user.pendingCount == 0)
            #expect(try await user.execute("ECHO", "next").string == "next")
        }
    }

    @Test func aCommandCancelledBeforeConnectingIsNeverSent() async throws {
        let server = try await RedisServer()
        server.stall()
        try await RedisUser.with(Self.configuration(server.port)) { user in
            let tasks = (0..<6).map { index in
                Task {
                    try? await user.waitUntilPending(index)
                    return await user.failure("INCR", "counter")
                }
            }
            try await user.waitUntilPending(6)
            for index in [0, 3, 5] { tasks[index].cancel() }
            for index in [0, 3, 5] {
                let failure = await tasks[index].value
                #expect(failure?.code == .cancelled && failure?.mayHaveRun == false)
            }
            server.goOn()
            for index in [1, 2, 4] { #expect(await tasks[index].value == nil) }
            #expect(try await user.execute("GET", "counter").integer == 3)
            #expect(await user.pendingCount == 0)
        }
    }

    @Test func aTaskCancelledBeforeItAsksSendsNothing() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(Self.configuration(server.port)) { user in
            try await user.connect()
            let before = await user.statistics.commands
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await user.failure("PING")
            }
            task.cancel()
            #expect(await task.value?.code == .cancelled)
            #expect(await user.statistics.commands == before)
        }
    }
}
