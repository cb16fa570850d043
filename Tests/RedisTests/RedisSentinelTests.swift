import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RedisSentinelTests {
    /// A primary, a replica and a sentinel that watches them.
    private struct Service {
        let primary: RedisServer
        let replica: RedisServer
        let sentinel: RedisServer
        private let directory: TemporaryDirectory

        init() async throws {
            directory = try TemporaryDirectory()
            primary = try await RedisServer()
            replica = try await RedisServer(["--replicaof", "127.0.0.1 \(primary.port)"])
            let file = try directory.write(
                """
                sentinel monitor main 127.0.0.1 \(primary.port) 1
                sentinel down-after-milliseconds main 500
                sentinel failover-timeout main 2000
                requirepass watch
                """, to: "sentinel.conf")
            sentinel = try await RedisServer(sentinel: file)
        }

        func configuration(_ url: String? = nil) throws -> RedisConfiguration {
            var configuration = try RedisConfiguration(url: url ?? "redis-sentinel://127.0.0.1:\(sentinel.port)/main")
            configuration.sentinels?.password = "watch"
            configuration.timeout = .seconds(10)
            return configuration
        }
    }

    @Test func commandsGoOnAtTheNewPrimary() async throws {
        let service = try await Service()
        try await RedisUser.with(service.configuration()) { user in
            try await user.connect()
            try await user.execute("SET", "key", "value")
            try await Condition.wait(for: "the replica") {
                try await user.execute("WAIT", 1, 100).integer == 1
            }
            try await Condition.wait(for: "the sentinel to know the replica") {
                var known = false
                var place = RedisConfiguration(host: "127.0.0.1", port: service.sentinel.port, password: "watch")
                place.timeout = .seconds(5)
                try await RedisUser.with(place) { sentinel in
                    known = try await sentinel.execute("SENTINEL", "REPLICAS", "main").array?.count == 1
                }
                return known
            }
            service.primary.kill()
            try await Condition.wait(for: "the failover", atMost: .seconds(40)) {
                (try? await user.execute("SET", "after", "value")) == .status("OK")
            }
            #expect(try await user.execute("GET", "key").string == "value")
            #expect(try await user.execute("ROLE").array?.first?.string == "master")
        }
    }

    @Test func aReplicaIsNoPrimaryAndOneThatWasDemotedIsLeft() async throws {
        let service = try await Service()
        try await RedisUser.with(service.configuration()) { user in
            try await user.connect()
            // Behind the sentinels' backs: until they mend it, the client must not stay with a replica.
            try await user.execute("REPLICAOF", "127.0.0.1", .integer(service.replica.port))
            let failure = await user.failure("SET", "key", "value")
            #expect(failure?.code == .server("READONLY"))
            try await Condition.wait(for: "another attempt") { await user.statistics.failedAttempts > 0 }
        }
    }

    @Test func whatNoSentinelTellsIsExplained() async throws {
        let service = try await Service()
        let port = try FreePort.find()
        let cases = [
            ("redis-sentinel://127.0.0.1:\(port),127.0.0.1:\(service.sentinel.port)/other", "knows no other"),
            ("redis-sentinel://127.0.0.1:\(port)/main", "Connection refused"),
        ]
        for (url, hint) in cases {
            try await RedisUser.with(service.configuration(url)) { user in
                let failure = await #expect(throws: RedisError.self) { try await user.connect() }
                #expect(failure?.message.contains("no sentinel tells where") == true)
                #expect(failure?.message.contains(hint) == true, "\(failure?.message ?? "")")
            }
        }
        // The first that answers is enough.
        try await RedisUser.with(service.configuration("redis-sentinel://127.0.0.1:\(port),127.0.0.1:\(service.sentinel.port)/main")) {
            user in
            try await user.connect()
        }
    }

    @Test func theURLNamesSentinelsServiceAndDatabase() throws {
        let full = try RedisConfiguration(url: "rediss-sentinel://worker:p@one,[::1]:26380/main/3")
        #expect(full.sentinels?.addresses == [RedisAddress(host: "one", port: 26_379), RedisAddress(host: "::1", port: 26_380)])
        #expect(full.sentinels?.service == "main" && full.database == 3 && full.user == "worker" && full.password == "p" && full.tls != nil)
        #expect("\(full)" == "rediss-sentinel://worker@one:26379,[::1]:26380/main/3")
        for (url, hint) in [
            ("redis-sentinel://h", "service"), ("redis-sentinel://h,/main", "no host"), ("redis-sentinel://h/main/x", "database"),
        ] {
            let failure = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
            #expect(failure?.message.contains(hint) == true, "\(failure?.message ?? "")")
        }
    }
}
