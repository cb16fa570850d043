import Redis
import TestSupport
import Testing

@Suite struct RedisClientTests {
    private static func with(
        _ options: [String] = [], adjust: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisUser, RedisServer) async throws -> Void
    ) async throws {
        let server = try await RedisServer(options)
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.timeout = .seconds(10)
        adjust(&configuration)
        try await RedisUser.with(configuration) { user in try await body(user, server) }
    }

    @Test func repliesOfEveryKind() async throws {
        try await Self.with { user, _ in
            #expect(try await user.execute("SET", "greeting", .string("h€llo")) == .status("OK"))
            #expect(try await user.execute("GET", "greeting").string == "h€llo")
            #expect(try await user.execute("GET", "nothing") == .null)
            #expect(try await user.execute("INCRBY", "counter", -42) == .integer(-42))
            #expect(try await user.execute("GET", "counter").integer == -42)
            #expect(try await user.execute("INCRBY", "large", .integer(.max)) == .integer(.max))
            #expect(try await user.execute("INCRBY", "small", .integer(.min)) == .integer(.min))
            try await user.execute("RPUSH", "list", "a", .bytes([]), 3)
            #expect(try await user.execute("LRANGE", "list", 0, -1) == .array([.bytes([0x61]), .bytes([]), .bytes([0x33])]))
            #expect(try await user.execute("LRANGE", "none", 0, -1) == .array([]))
            #expect(try await user.execute("GET", "").isNull)
        }
    }

    @Test func nestedArraysWithErrorsInside() async throws {
        try await Self.with { user, _ in
            let script = RedisScript(name: "nested", source: "return {1, {2, {'three', {}}, false}, {err='ERR inner'}, 'end'}")
            let value = try await user.evaluate(script)
            #expect(
                value
                    == .array([
                        .integer(1),
                        .array([.integer(2), .array([.bytes(Array("three".utf8)), .array([])]), .null]),
                        .error("ERR inner"), .bytes(Array("end".utf8)),
                    ]))
        }
    }

    @Test func valuesAreBinarySafe() async throws {
        try await Self.with { user, _ in
            let everyByte = (0...255).map { UInt8($0) }
            try await user.execute("SET", .bytes(everyByte), .bytes(everyByte.reversed()))
            #expect(try await user.execute("GET", .bytes(everyByte)).bytes == everyByte.reversed())

            let large = [UInt8]((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try await user.execute("SET", "large", .bytes(large))
            #expect(try await user.execute("GET", "large").bytes == large)
        }
    }

    @Test func manyCommandsShareOneConnectionAndFewWrites() async throws {
        try await Self.with { user, _ in
            try await user.connect()
            let before = await user.statistics
            let results = await user.concurrently(10_000) { ["ECHO", .string("word \($0)")] }
            let after = await user.statistics
            #expect(results.count == 10_000)
            let mismatches = results.indices.filter { (try? results[$0].get().string) != "word \($0)" }
            #expect(mismatches.isEmpty)
            #expect(after.commands - before.commands == 10_000)
            #expect(after.writes - before.writes < 200, "\(after.writes - before.writes) writes")
            #expect(after.connections == 1)
        }
    }

    @Test func commandsIssuedBeforeConnectingWaitForIt() async throws {
        let server = try await RedisServer()
        server.stall()
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.timeout = .seconds(10)
        try await RedisUser.with(configuration) { user in
            #expect(await user.state == .connecting)
            async let results = user.concurrently(100) { ["ECHO", .integer($0)] }
            try await user.waitUntilPending(100)
            server.goOn()
            #expect(await results.compactMap { try? $0.get().integer } == Array(0..<100))
        }
    }

    @Test func hostNamesAreResolved() async throws {
        try await Self.with(adjust: { $0.host = "localhost" }) { user, _ in
            try await user.connect()
            #expect(try await user.execute("PING") == .status("PONG"))
        }
    }

    @Test func errorsOfTheServerAreTypedAndSayNothingOfArguments() async throws {
        try await Self.with { user, _ in
            try await user.execute("SET", "text", "abc")
            #expect(await user.failure("LPUSH", "text", "x")?.code == .server("WRONGTYPE"))
            let unknown = try #require(await user.failure("NOSUCHCOMMAND", "confidential"))
            #expect(unknown.code == .server("ERR"))
            #expect(unknown.message.contains("unknown command 'NOSUCHCOMMAND'"))
            #expect(!unknown.message.contains("confidential"))
            #expect(!unknown.mayHaveRun)
        }
    }

    @Test func selectsTheDatabaseAndNamesTheConnection() async throws {
        try await Self.with(adjust: {
            $0.database = 3
            $0.clientName = "worker one"
        }) { user, server in
            try await user.execute("SET", "key", "in three")
            #expect(try await user.execute("CLIENT", "GETNAME").string == "worker-one")
            try await RedisUser.with(RedisConfiguration(host: "127.0.0.1", port: server.port)) { other in
                let value = try await other.execute("GET", "key")
                #expect(value.isNull)
            }
        }
    }

    // MARK: Scripts

    @Test func scriptsTravelOnceAndAgainAfterAFlush() async throws {
        let script = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
        try await Self.with { user, _ in
            try await user.connect()
            #expect(try await user.evaluate(script, keys: ["sum"], arguments: [5]) == .integer(5))
            #expect(try await user.evaluate(script, keys: ["sum"], arguments: [5]) == .integer(10))
            try await user.execute("SCRIPT", "FLUSH")
            #expect(try await user.evaluate(script, keys: ["sum"], arguments: [5]) == .integer(15))
            #expect(try await user.evaluate(script, keys: ["sum"], arguments: [5]) == .integer(20))
            let calls = try await user.execute("INFO", "commandstats").string ?? ""
            #expect(calls.contains("cmdstat_eval:calls=2,"))
            #expect(calls.contains("cmdstat_evalsha:calls=3,"))
            #expect(calls.contains("cmdstat_script|load:calls=2,"))
        }
    }

    @Test func errorsOfScriptsNameThem() async throws {
        let script = RedisScript(name: "broken", source: "return redis.call('LPUSH', KEYS[1], 1)")
        try await Self.with { user, _ in
            try await user.execute("SET", "text", "abc")
            for _ in 0..<2 {
                let failure = await #expect(throws: RedisError.self) { try await user.evaluate(script, keys: ["text"]) }
                #expect(failure?.code == .server("WRONGTYPE"))
                #expect(failure?.message.hasPrefix("script broken: Redis at 127.0.0.1:") == true)
            }
        }
    }

    // MARK: Passwords

    @Test func passwordsAndUsersAreSent() async throws {
        let users = ["--user", "default", "off", "--user", "worker", "on", ">se:cr@et", "~*", "+@all"]
        try await Self.with(users, adjust: { ($0.user, $0.password) = ("worker", "se:cr@et") }) { user, _ in
            try await user.connect()
            #expect(try await user.execute("ACL", "WHOAMI").string == "worker")
        }
    }

    @Test(arguments: [nil, "wrong-guess"]) func aWrongPasswordIsRefusedWithoutBeingShown(_ password: String?) async throws {
        try await Self.with(["--requirepass", "right-one"], adjust: { $0.password = password }) { user, _ in
            let failure = await #expect(throws: RedisError.self) { try await user.connect() }
            #expect(failure?.code == .refused)
            #expect(failure?.message.contains("redis.password") == true)
            #expect(failure?.message.contains("wrong-guess") == false)
            #expect(await user.failure("PING")?.code == .refused)
            let state = await user.state
            #expect(failure.map { state == .unavailable($0) } == true)
        }
    }

    @Test func aPasswordThatIsCorrectedOnTheServerIsTakenLater() async throws {
        try await Self.with(["--requirepass", "old"], adjust: { $0.password = "new" }) { user, server in
            await #expect(throws: RedisError.self) { try await user.connect() }
            var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port, password: "old")
            configuration.timeout = .seconds(10)
            try await RedisUser.with(configuration) { administrator in
                try await administrator.execute("CONFIG", "SET", "requirepass", "new")
            }
            try await user.waitUntilAvailable()
            #expect(try await user.execute("PING") == .status("PONG"))
        }
    }

    @Test func aDatabaseOutOfRangeIsRefused() async throws {
        try await Self.with(adjust: { $0.database = 99 }) { user, _ in
            let failure = await #expect(throws: RedisError.self) { try await user.connect() }
            #expect(failure?.code == .refused)
            #expect(failure?.message.contains("redis.url") == true)
        }
    }

    // MARK: Closing

    @Test func closingWaitsForTheRepliesThatAreOnTheirWay() async throws {
        try await Self.with { user, server in
            try await user.connect()
            server.stall()
            async let results = user.concurrently(100) { ["ECHO", .integer($0)] }
            try await user.waitUntilPending(100)
            async let closed: Void = user.close()
            try await Condition.wait(for: "the client to be closing") { await user.state == .closed }
            #expect(await user.failure("PING")?.code == .closed)
            server.goOn()
            #expect(await results.compactMap { try? $0.get().integer } == Array(0..<100))
            await closed
            #expect(await user.pendingCount == 0)
        }
    }

    @Test func closingWaitsNoLongerThanTheTimeout() async throws {
        try await Self.with(adjust: { $0.timeout = .seconds(1) }) { user, server in
            try await user.connect()
            server.stall()
            async let failure = user.failure("PING")
            try await user.waitUntilPending(1)
            await user.close()
            #expect(await failure?.code == .timeout)
            #expect(await user.state == .closed)
            server.goOn()
        }
    }

    @Test func aClientThatIsForgottenLeavesNoConnection() async throws {
        try await Self.with { user, _ in
            try await user.connectAndForget()
            try await Condition.wait(for: "the forgotten connection to end") {
                try await user.execute("INFO", "clients").string?.contains("connected_clients:1\r\n") == true
            }
        }
    }

    @Test func closingWhileConnectingFailsWhatWaits() async throws {
        let silent = try ScriptedServer { $0.waitForEnd() }
        var configuration = RedisConfiguration(host: "127.0.0.1", port: silent.port)
        configuration.timeout = .seconds(10)
        try await RedisUser.with(configuration) { user in
            async let failure = user.failure("PING")
            let connecting = Task { try await user.connect() }
            try await user.waitUntilPending(1)
            await user.close()
            #expect(await failure == RedisError(.closed, "the Redis client is closed"))
            await #expect(throws: RedisError.self) { try await connecting.value }
            await user.close()
        }
    }
}
