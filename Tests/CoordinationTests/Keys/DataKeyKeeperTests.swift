import Redis
import Security
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct DataKeyKeeperTests {
    private func secrets(_ key: String, _ previous: String...) throws -> MasterSecrets {
        try MasterSecrets(key: key, previous: previous)
    }

    private func bytes(_ key: DataKey?) -> [UInt8]? { key?.key.secret.withBytes { Array($0) } }

    @Test func workersThatStartTogetherHaveOneKey() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port, count: 6) { holders in
            await withTaskGroup { group in
                for holder in holders { group.addTask { await holder.refresh() } }
            }
            #expect(try await holders[0].fetch()?.ring.keys.count == 1)
            let first = try #require(holders[0].keys.current.newest)
            for holder in holders { #expect(bytes(holder.keys.current.newest) == bytes(first)) }
            let messages = holders.map { $0.log.messages }.joined()
            #expect(messages.filter { $0.contains("made the data key") }.count == 1)
        }
    }

    @Test func anOldKeyIsReplacedOnceAndStillKnown() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port, count: 6) { holders in
            try await holders[0].rotate(daysAgo: 29)
            await holders[0].refresh()
            let old = try #require(holders[0].keys.current.newest)
            #expect(try await holders[0].fetch()?.ring.keys.count == 1)
            _ = try await holders[0].execute("DEL", "sy:{keys:g}")
            try await holders[0].rotate(daysAgo: 30)
            await withTaskGroup { group in
                for holder in holders { group.addTask { await holder.refresh() } }
            }
            let ring = try #require(try await holders[0].fetch()?.ring)
            #expect(ring.keys.count == 2)
            let oldest = try #require(ring.keys.values.min { $0.created < $1.created })
            for holder in holders {
                #expect(holder.newest == ring.newest)
                #expect(holder.newest != oldest.id)
                #expect(holder.keys.current[oldest.id] != nil)
                // What was deleted in Redis is forgotten.
                #expect(holder.keys.current[old.key.id] == nil)
            }
        }
    }

    @Test func whoMeetsAnUnknownKeyHasItAfterARefresh() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port, count: 2) { holders in
            // Nobody keeps the keys yet.
            await holders[0].keys.refresh()
            #expect(holders[0].newest == nil)
            let running = Task { await holders[0].run() }
            try await Condition.wait(for: "the first key") { holders[0].newest != nil }
            for _ in 0..<3 {
                try await holders[1].rotate(daysAgo: 0)
                let newest = try await holders[1].fetch()?.ring.newest
                // Many that meet it together are served by one refresh.
                await withTaskGroup { group in
                    for _ in 0..<100 { group.addTask { await holders[0].keys.refresh() } }
                }
                #expect(newest != nil && holders[0].newest == newest)
            }
            server.kill()
            await holders[0].keys.refresh()
            #expect(holders[0].newest != nil)
            running.cancel()
            await running.value
            await holders[0].keys.refresh()
        }
    }

    @Test func withoutRedisTheLastKnownKeysStay() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port) { holders in
            await holders[0].refresh()
            let key = holders[0].newest
            server.kill()
            for _ in 0..<3 { #expect(await holders[0].refresh() == false) }
            #expect(key != nil && holders[0].newest == key)
            #expect(holders[0].log.messages.filter { $0.contains("last known data keys") }.count == 1)
            // It comes back with nothing.
            try await server.restart()
            try await Condition.wait(for: "the connection") { await holders[0].isAvailable }
            #expect(await holders[0].refresh())
            #expect(holders[0].newest != nil && holders[0].newest != key)
        }
    }

    @Test func aChangedMasterSecretTakesTheKeysWithIt() async throws {
        let server = try await RedisServer()
        let all = try [
            secrets(KeyHolder.secret), secrets(KeyHolder.nextSecret, KeyHolder.secret), secrets(KeyHolder.nextSecret),
        ]
        try await KeyHolder.with(port: server.port, secrets: all) { holders in
            await holders[0].refresh()
            let old = try #require(holders[0].keys.current.newest)
            // One that lacks the previous secret cannot read the key, says so once, and makes none.
            for _ in 0..<2 { await holders[2].refresh() }
            #expect(holders[2].newest == nil)
            #expect(
                holders[2].log.messages.filter { $0.contains("cannot be unwrapped") && $0.contains("encryption.previous_keys") }.count == 1)
            await holders[1].refresh()
            #expect(bytes(holders[1].keys.current.newest) == bytes(old))

            try await holders[1].rotate(daysAgo: 0)
            for holder in holders { await holder.refresh() }
            let new = try #require(holders[1].keys.current.newest)
            #expect(new.key.id != old.key.id)
            #expect(bytes(holders[2].keys.current.newest) == bytes(new))
            #expect(bytes(holders[2].keys.current[old.key.id]) == bytes(old))
            // The one that has only the old secret goes on with what it knows.
            #expect(holders[0].newest == old.key.id)
        }
    }

    @Test func neitherRedisNorTheLogHasAKey() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port) { holders in
            await holders[0].refresh()
            let key = try #require(bytes(holders[0].keys.current.newest))
            let reply = try await holders[0].execute("HGETALL", "sy:{keys:g}")?.array
            let stored = Array((reply ?? []).compactMap(\.bytes).joined())
            #expect(stored.count > key.count)
            for start in 0...(key.count - 8) { #expect(!stored.contains(key[start..<(start + 8)])) }
            var dumped = ""
            dump(holders[0].keys.current, to: &dumped)
            let shown = dumped + holders[0].log.messages.joined() + "\(holders[0].keys.current)"
            #expect(shown.contains("made the data key"))
            let digits = key.prefix(3).map { "\($0)" }.joined(separator: ", ")
            for secret in [KeyHolder.secret, digits, "Pointer", "0x"] { #expect(!shown.contains(secret)) }
        }
    }
}
