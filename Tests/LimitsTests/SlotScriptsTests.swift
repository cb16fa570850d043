import Redis
import TestSupport
import Testing

@testable import Limits

/// Slots of a scope, taken and given back in Redis by holders in any order.
@Suite(.timeLimit(.minutes(2))) struct SlotScriptsTests {
    private static func take(_ holder: String, _ wanted: Int, _ limit: Int, lifetime: Int = 60_000) -> [RedisArgument] {
        [.string(holder), .integer(wanted), .integer(limit), .integer(lifetime)]
    }

    private static func hold(_ holder: String, _ held: Int, _ limit: Int, lifetime: Int = 60_000) -> [RedisArgument] {
        [.string(holder), .integer(held), .integer(lifetime), .integer(limit)]
    }

    private static let keys = SlotScripts.keys("{s}")

    @Test func neverAreMoreHeldThanThereAre() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(port: server.port) { redis in
            var random = SeededGenerator.forTest("slots")
            for _ in 0..<20 {
                _ = try await redis.execute("FLUSHALL")
                let limit = Int.random(in: 1...12, using: &random)
                let holders = (0..<Int.random(in: 1...5, using: &random)).map { "h\($0)" }
                var held: [String: Int] = [:]
                for _ in 0..<60 {
                    guard let holder = holders.randomElement(using: &random) else { continue }
                    if Bool.random(using: &random) {
                        let wanted = Int.random(in: 1...5, using: &random)
                        let reply = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take(holder, wanted, limit))
                        let now = try #require(reply.array?.first?.integer)
                        #expect(((held[holder] ?? 0)...((held[holder] ?? 0) + wanted)).contains(now))
                        held[holder] = now
                    } else {
                        held[holder] = Int.random(in: 0...(held[holder] ?? 0), using: &random)
                        let reply = try await redis.evaluate(
                            SlotScripts.hold, keys: Self.keys, arguments: Self.hold(holder, held[holder] ?? 0, limit))
                        let others = try #require(reply.array?.first?.integer)
                        #expect(others <= holders.count - 1)
                        // Whoever is told has waited, and there is something to be had.
                        if let next = reply.array?.dropFirst().first?.string {
                            #expect(next != holder && holders.contains(next) && held.values.reduce(0, +) < limit)
                        }
                    }
                    #expect(held.values.reduce(0, +) <= limit)
                }
            }
        }
    }

    @Test func whoWaitsLongestIsNext() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(port: server.port) { redis in
            for holder in ["a", "b", "c"] {
                _ = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take(holder, 1, 1))
            }
            let told = try await redis.evaluate(SlotScripts.hold, keys: Self.keys, arguments: Self.hold("a", 0, 1))
            #expect(told == .array([.integer(2), .bytes(Array("b".utf8))]))
            let third = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take("c", 1, 1))
            #expect(third.array?.first?.integer == 0)
            let second = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take("b", 1, 1))
            #expect(second.array?.first?.integer == 1)
        }
    }

    @Test func slotsOfWhoHasCrashedComeFree() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(port: server.port) { redis in
            _ = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take("gone", 3, 3, lifetime: 200))
            try await Condition.wait(for: "the end of its time") {
                let reply = try await redis.evaluate(SlotScripts.take, keys: Self.keys, arguments: Self.take("other", 3, 3))
                return reply.array?.first?.integer == 3
            }
        }
    }
}
