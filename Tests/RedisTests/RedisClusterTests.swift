import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RedisClusterTests {
    private static let script = RedisScript(
        name: "two keys", source: "redis.call('SET', KEYS[1], 'a') return redis.call('SET', KEYS[2], 'b')")

    /// A server in cluster mode that has the first of the 16,384 slots, up to and including `last`.
    private func cluster(upTo last: Int, _ body: (RedisUser) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let server = try await RedisServer(["--cluster-enabled", "yes", "--dir", directory.path])
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.timeout = .seconds(10)
        try await RedisUser.with(configuration) { user in
            try await user.connect()
            try await user.execute("CLUSTER", "ADDSLOTSRANGE", 0, .integer(last))
            if last < 16_383 { try await user.execute("CONFIG", "SET", "cluster-require-full-coverage", "no") }
            try await Condition.wait(for: "the cluster") {
                try await user.execute("CLUSTER", "INFO").string?.contains("cluster_state:ok") == true
            }
            try await body(user)
        }
    }

    @Test func oneOfASingleShardIsLikeAnyOther() async throws {
        try await cluster(upTo: 16_383) { user in
            try await user.execute("SET", "{a}1", "x")
            #expect(try await user.evaluate(Self.script, keys: ["{a}1", "{a}2"]) == .status("OK"))
            #expect(try await user.execute("GET", "{a}1").string == "a")
            do throws(RedisError) {
                _ = try await user.evaluate(Self.script, keys: ["{a}1", "{b}2"])
                Issue.record("keys of two slots were taken")
            } catch {
                #expect(error.code == .server("CROSSSLOT") && error.message.contains("one shard"))
            }
        }
    }

    @Test func whatItCannotDoIsExplained() async throws {
        try await cluster(upTo: 8_191) { user in
            var failures: [RedisError] = []
            for number in 0..<20 { if let failure = await user.failure("SET", .string("key-\(number)"), "x") { failures.append(failure) } }
            #expect(!failures.isEmpty && failures.count < 20)
            #expect(failures.allSatisfy { $0.message.contains("CLUSTER INFO") })
        }
    }
}
