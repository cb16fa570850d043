import EventLoop
import Redis
import TestSupport
import Testing

@testable import Limits

/// The scripts in Redis do what `BucketStore` says.
@Suite(.timeLimit(.minutes(5))) struct BucketAgreementTests {
    /// The scripts, with a key of the test's for a clock.
    private static func script(_ script: RedisScript) -> RedisScript {
        let source = String(decoding: script.source, as: UTF8.self)
        let clocked = source.split(separator: "redis.call('TIME')", omittingEmptySubsequences: false)
            .joined(separator: "redis.call('LRANGE', '{l}clock', 0, 1)")
        return RedisScript(name: script.name, source: clocked)
    }

    private static let scopes = ["{l}a", "{l}b", "{l}c"]

    private static func spec(_ kind: BucketSpec.Kind, using random: inout SeededGenerator) -> BucketSpec {
        let limit = Double([1, 7, 600, 90_000, 12_345_678].randomElement(using: &random) ?? 1)
        return BucketSpec(
            kind: kind, limit: limit, burst: max(BucketSpec.minute / limit, [0, 1_500_000, 59_500_000].randomElement(using: &random) ?? 0))
    }

    private static func units(_ most: Int, using random: inout SeededGenerator) -> Need {
        Need(
            requests: Double(Int.random(in: 0...most, using: &random)), input: Double(Int.random(in: 0...most * 50, using: &random)),
            output: Double(Int.random(in: 0...most * 50, using: &random)))
    }

    @Test func redisDoesWhatTheStoreSays() async throws {
        let server = try await RedisServer()
        try await RedisUser.with(port: server.port) { redis in
            var random = SeededGenerator.forTest("limits in Redis")
            let (take, settle, lower) = (
                Self.script(LimitScripts.take), Self.script(LimitScripts.settle), Self.script(LimitScripts.lower)
            )
            for round in 0..<20 {
                var store = BucketStore()
                var now = 1_764_000_000_000_000.0 + Double(Int.random(in: 0..<86_400, using: &random)) * 1e6
                _ = try await redis.execute("FLUSHALL")
                var specs: [String: [BucketSpec]] = [:]
                for scope in Self.scopes {
                    specs[scope] = BucketSpec.Kind.allCases.filter { _ in Bool.random(using: &random) }.map {
                        Self.spec($0, using: &random)
                    }
                }
                for step in 0..<60 {
                    now += Double([0, 1, 900, 40_000, 2_000_000, 3_600_000_000].randomElement(using: &random) ?? 0)
                    _ = try await redis.execute("DEL", "{l}clock")
                    _ = try await redis.execute("RPUSH", "{l}clock", .integer(Int(now) / 1_000_000), .integer(Int(now) % 1_000_000))
                    let place = "round \(round), step \(step)"
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0:
                        let scope = Self.scopes.randomElement(using: &random) ?? ""
                        var settlement = Settlement(more: Self.units(3, using: &random))
                        if Bool.random(using: &random) {
                            settlement.rest = Self.units(3, using: &random)
                            settlement.taken = now - Double([0, 1, 50_000, 7_200_000_000].randomElement(using: &random) ?? 0)
                        }
                        store.settle(scope, specs[scope] ?? [], settlement, now: now)
                        _ = try await redis.evaluate(
                            settle, keys: [.string(scope)], arguments: LimitScripts.arguments(of: settlement, specs[scope] ?? []))
                    case 1:
                        let scope = Self.scopes.randomElement(using: &random) ?? ""
                        guard let bucket = specs[scope]?.first(where: { $0.kind != .day }) else { continue }
                        let (units, wait) = (
                            Double(Int.random(in: 0...5, using: &random)), Double(Int.random(in: 0...3, using: &random)) * 500_000
                        )
                        store.lower(scope, bucket, to: units, at: now + wait, now: now)
                        _ = try await redis.evaluate(
                            lower, keys: [.string(scope)], arguments: LimitScripts.arguments(of: bucket, units, after: wait))
                    default:
                        let chosen = Self.scopes.filter { _ in Bool.random(using: &random) }
                        guard !chosen.isEmpty else { continue }
                        let ask = LimitAsk(
                            parts: chosen.map { LimitAsk.Part(scope: $0, buckets: specs[$0] ?? []) }, need: Self.units(2, using: &random),
                            extra: Self.units(Bool.random(using: &random) ? 0 : 40, using: &random),
                            isWaitedFor: Bool.random(using: &random),
                            advance: 500_000, loops: Int.random(in: 1...4, using: &random))
                        let expected = store.take(ask, now: now)
                        let reply = try await redis.evaluate(
                            take, keys: chosen.map { .string($0) }, arguments: LimitScripts.arguments(of: ask))
                        #expect(LimitGrant(reply) == expected, "\(place)")
                    }
                    for scope in Self.scopes {
                        let held = try await redis.hash(scope)
                        for (kind, level) in store.scopes[scope]?.levels ?? [:] {
                            let numbers = held["\(kind.field)"]?.split(separator: " ").compactMap { Double($0) }
                            #expect(numbers == [level.arrival, level.full], "\(place), \(scope) \(kind)")
                        }
                        #expect(held["d"].flatMap(Double.init) ?? 0 == store.scopes[scope]?.dayCount ?? 0, "\(place)")
                        #expect(held["l"].flatMap(Double.init) ?? 0 == store.scopes[scope]?.line ?? 0, "\(place)")
                    }
                }
            }
        }
    }
}

/// A client on a loop of its own.
actor RedisUser {
    private let loop = EventLoop(name: "limits")
    private var redis: RedisClient?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    static func with(port: Int, _ body: (RedisUser) async throws -> Void) async throws {
        let user = RedisUser()
        await user.open(port)
        defer { user.loop.shutDown() }
        do {
            try await body(user)
        } catch {
            await user.close()
            throw error
        }
        await user.close()
    }

    private func open(_ port: Int) async {
        redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port))
        try? await redis?.connect()
    }

    private func close() async {
        await redis?.close()
        redis = nil
    }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }

    func evaluate(_ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]) async throws -> RedisValue {
        try await redis?.evaluate(script, keys: keys, arguments: arguments) ?? .null
    }

    func hash(_ key: String) async throws -> [String: String] {
        let words = try await redis?.execute("HGETALL", .string(key)).array?.compactMap(\.string) ?? []
        var hash: [String: String] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) { hash[words[index]] = words[index + 1] }
        return hash
    }
}
