import Redis
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct DataKeyDeskTests {
    @Test func keysAreListedAndReplaced() async throws {
        let server = try await RedisServer()
        let redis = RedisConfiguration(host: "127.0.0.1", port: server.port)
        let secrets = try MasterSecrets(key: KeyHolder.secret, previous: [])
        let later = try MasterSecrets(key: KeyHolder.nextSecret, previous: [KeyHolder.secret])
        let stranger = try MasterSecrets(key: KeyHolder.nextSecret, previous: [])
        #expect(try await DataKeyDesk.list(secrets: secrets, redis: redis, group: "g").isEmpty)
        let first = try await DataKeyDesk.rotate(secrets: secrets, redis: redis, group: "g")
        let second = try await DataKeyDesk.rotate(secrets: secrets, redis: redis, group: "g")
        #expect(try await DataKeyDesk.list(secrets: secrets, redis: redis, group: "other").isEmpty)

        func listed(_ secrets: MasterSecrets) async throws -> [(String?, DataKeyListing.Standing, Bool)] {
            try await DataKeyDesk.list(secrets: secrets, redis: redis, group: "g").map { ($0.id, $0.standing, $0.isUnderPreviousSecret) }
        }
        #expect(try await listed(secrets).elementsEqual([(second, .inUse, false), (first, .older, false)], by: ==))
        #expect(try await listed(later).elementsEqual([(second, .inUse, true), (first, .older, true)], by: ==))
        #expect(try await listed(stranger).elementsEqual([(second, .unreadable, false), (first, .unreadable, false)], by: ==))
        let third = try await DataKeyDesk.rotate(secrets: later, redis: redis, group: "g")
        #expect(
            try await listed(stranger).elementsEqual([(third, .inUse, false), (second, .older, false), (first, .older, false)], by: ==))
    }

    @Test func ofTwoRotationsAtOnceOneWins() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port, count: 2) { holders in
            let ring = try #require(try await holders[0].fetch()?.ring)
            let wrap = KeyWrap(try MasterSecrets(key: KeyHolder.secret, previous: []))
            let rotations = [wrap.rotation(of: ring, now: 1), wrap.rotation(of: ring, now: 1)]
            async let one = holders[0].rotate(rotations[0])
            async let other = holders[1].rotate(rotations[1])
            let won = [try await one, try await other]
            #expect(won == [true, false] || won == [false, true])
            let winner = won[0] == true ? rotations[0] : rotations[1]
            #expect(try await holders[0].fetch()?.ring.keys == [winner.key.id: winner.key])
        }
    }

    @Test func withoutRedisItIsSaidWhatIsMissing() async throws {
        let server = try await RedisServer()
        server.kill()
        let secrets = try MasterSecrets(key: KeyHolder.secret, previous: [])
        let redis = RedisConfiguration(host: "127.0.0.1", port: server.port)
        let error = await #expect(throws: RedisError.self) { try await DataKeyDesk.rotate(secrets: secrets, redis: redis, group: "g") }
        #expect(error?.code == .unavailable)
    }
}
