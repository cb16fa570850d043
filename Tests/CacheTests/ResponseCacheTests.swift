import Coordination
import Envelope
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Cache

@Suite(.timeLimit(.minutes(1))) struct ResponseCacheTests {
    /// Counts calls, and keeps them until it is opened.
    private final class Gate: Sendable {
        private let state = Mutex((calls: 0, isOpen: false))
        var calls: Int { state.withLock { $0.calls } }
        func open() { state.withLock { $0.isOpen = true } }
        func call() async {
            state.withLock { $0.calls += 1 }
            try? await Condition.wait(for: "the gate") { state.withLock { $0.isOpen } }
        }
    }

    /// Has each loop ask the same so many times at once, and opens the gate when all but the leader wait.
    private func askAtOnce(
        _ users: [CacheUser], _ count: Int, _ gate: Gate, then course: CacheUser.Course = .answer("answer")
    ) async throws -> [CacheUser.Told] {
        try await withThrowingTaskGroup(of: CacheUser.Told.self) { group in
            for user in users {
                for _ in 0..<count { group.addTask { await user.ask("k", then: course) { await gate.call() } } }
            }
            try await Condition.wait(for: "all to wait") {
                var waits = 0
                for user in users { waits += await user.waits }
                return gate.calls == 1 && waits == users.count * count - 1
            }
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func ofManyThatAreTheSameOneIsCalledForAndAllLoopsShare() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        try await CacheUser.with(4, port: server.port) { users in
            let told = try await askAtOnce(users, 50, gate)
            #expect(told.count { $0 == .led } == 1 && told.count { $0 == .hit("answer") } == 199 && gate.calls == 1)
            for user in users { #expect(await user.ask("k") == .hit("answer")) }
            for user in users { await user.forget() }
            for user in users { #expect(await user.ask("k") == .hit("answer")) }
        }
    }

    @Test func whatWasPreparedIsLedAtOnceAndEndsIfNobodyComes() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            await users[0].prepare("k")
            try await Condition.wait(for: "the flight") { try await users[0].execute("EXISTS", "sy:{cache:g}:f:k")?.integer == 1 }
            #expect(await users[0].ask("k") == .led)
            #expect(await users[0].waits == 0)
            await users[1].prepare("k")
            #expect(await users[1].ask("k") == .hit("answer"))
            await users[0].prepare("unwanted")
            try await Condition.wait(for: "the flight") { try await users[1].execute("EXISTS", "sy:{cache:g}:f:unwanted")?.integer == 1 }
            // It is ended before its lease is over: another waits no longer than that.
            #expect(await users[1].ask("unwanted") == .led)
        }
    }

    @Test func withoutRedisALoopSharesWithItself() async throws {
        let gate = Gate()
        try await CacheUser.with(1, port: nil) { users in
            let told = try await askAtOnce(users, 20, gate)
            #expect(told.count { $0 == .led } == 1 && told.count { $0 == .hit("answer") } == 19)
            #expect(await users[0].ask("k") == .hit("answer"))
        }
    }

    @Test func aFailureIsSharedByThoseThatWaitAndNotKept() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        let failure = SharedFailure(code: .contextLength, message: "too \"long\"", retryable: false, tryAgainAfter: 5)
        try await CacheUser.with(3, port: server.port) { users in
            let told = try await askAtOnce(users, 10, gate, then: .fail(failure))
            #expect(told.count { $0 == .led } == 1 && told.count { $0 == .failed(failure) } == 29)
            #expect(await users[1].ask("k") == .led)
        }
    }

    @Test func whoGivesUpHandsTheLeadOn() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        try await CacheUser.with(2, port: server.port) { users in
            let told = try await askAtOnce(users, 3, gate, then: .abandon)
            #expect(told == Array(repeating: .led, count: 6) && gate.calls == 6)
        }
    }

    @Test func ofALeaderThatIsGoneAnotherTakesTheLead() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        try await CacheUser.with(2, port: server.port) { users in
            gate.open()
            #expect(await users[0].ask("k", then: .vanish) { await gate.call() } == .led)
            let told = await users[1].ask("k") { await gate.call() }
            #expect(told == .led && gate.calls == 2)
            #expect(await users[1].waits == 1)
        }
    }

    @Test func aLeaderThatTakesLongKeepsItsFlight() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        try await CacheUser.with(2, port: server.port) { users in
            async let first = users[0].ask("k") { await gate.call() }
            try await Condition.wait(for: "the call") { gate.calls == 1 }
            let flight = "sy:{cache:g}:f:k"
            async let second = users[1].ask("k") { await gate.call() }
            // The lease is 5 s: it is renewed when it has less than it had.
            var (least, isRenewed) = (Int.max, false)
            try await Condition.wait(for: "a renewal") {
                let left = try await users[1].execute("PTTL", .string(flight))?.integer ?? 0
                isRenewed = left > least
                least = min(least, left)
                return isRenewed
            }
            gate.open()
            #expect(await [first, second] == [.led, .hit("answer")])
            #expect(gate.calls == 1)
            #expect(try await users[1].execute("EXISTS", .string(flight))?.integer == 0)
        }
    }

    @Test func whoseTimeIsOverWaitsNoLongerAndWhoIsCancelledNeither() async throws {
        let (server, gate) = (try await RedisServer(), Gate())
        try await CacheUser.with(2, port: server.port) { users in
            async let first = users[0].ask("k") { await gate.call() }
            try await Condition.wait(for: "the call") { gate.calls == 1 }
            for user in users {
                #expect(await user.ask("k", deadline: .milliseconds(20)) == .late)
                let before = await user.waits
                let task = Task { await user.ask("k") }
                try await Condition.wait(for: "waiting") { await user.waits == before + 1 }
                task.cancel()
                #expect(await task.value == .cancelled)
            }
            gate.open()
            #expect(await first == .led)
        }
    }

    @Test func answersEndWithTheirTime() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            #expect(await users[0].ask("k", then: .answer("a", seconds: 1)) == .led)
            let left = try await users[0].execute("PTTL", "sy:{cache:g}:v:k")?.integer ?? 0
            #expect((1...1_000).contains(left))
            try await Condition.wait(for: "the end") { await users[1].ask("k", then: .abandon) == .led }
            #expect(await users[0].ask("k") == .led)
        }
    }

    @Test func aRefreshedAnswerTakesTheOldOnesPlace() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            #expect(await users[0].ask("k") == .led)
            await users[0].store("new", for: "k")
            #expect(await users[0].ask("k") == .hit("new"))
            try await Condition.wait(for: "the new one") {
                await users[1].forget()
                return await users[1].ask("k") == .hit("new")
            }
        }
    }

    @Test func redisKeepsNoMoreThanItMay() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(1, port: server.port, .forTests(redisBytes: 2_000)) { users in
            // 34 bytes each are the seal's, and 14 the end's.
            func noise(_ count: Int) -> String { String((0..<count).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" }) }
            let text = noise(52)
            for number in 0..<30 { #expect(await users[0].ask("\(number)", then: .answer(text)) == .led) }
            await users[0].forget()
            // What was wanted again stays.
            #expect(await users[0].ask("10") == .hit(text))
            for number in 30..<45 { #expect(await users[0].ask("\(number)", then: .answer(text)) == .led) }
            #expect(await users[0].ask("x", then: .answer(noise(6_000))) == .led)
            try await Condition.wait(for: "the last") { try await users[0].execute("ZCARD", "sy:{cache:g}:lru")?.integer == 20 }
            #expect(try await users[0].execute("GET", "sy:{cache:g}:bytes")?.integer == 2_000)
            #expect(try await users[0].execute("HLEN", "sy:{cache:g}:sizes")?.integer == 20)
            #expect(try await users[0].execute("ZCARD", "sy:{cache:g}:ends")?.integer == 20)
            let values = try await users[0].execute("KEYS", "sy:{cache:g}:v:*")?.array?.compactMap(\.string) ?? []
            #expect(values.count == 20 && values.contains("sy:{cache:g}:v:10") && !values.contains("sy:{cache:g}:v:11"))
        }
    }

    @Test func whatSomebodyHasChangedCountsAsNotThereAndIsTold() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            #expect(await users[0].ask("k") == .led)
            #expect(await users[0].ask("other", then: .answer("of other")) == .led)
            try await Condition.wait(for: "both") {
                try await users[0].execute("EXISTS", "sy:{cache:g}:v:k", "sy:{cache:g}:v:other")?.integer == 2
            }
            _ = try await users[0].execute("COPY", "sy:{cache:g}:v:other", "sy:{cache:g}:v:k", "REPLACE")
            #expect(await users[1].ask("k", then: .answer("again")) == .led)
            _ = try await users[0].execute("SET", "sy:{cache:g}:v:other", "short")
            #expect(await users[1].ask("other") == .led)
            #expect(await users[1].tampered.count == 2)
            try await Condition.wait(for: "the new answer") {
                await users[0].forget()
                return await users[0].ask("k") == .hit("again")
            }
        }
    }

    @Test func nothingOfAnAnswerCanBeReadInRedis() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(1, port: server.port) { users in
            let secret = String(repeating: "a secret of state ", count: 20)
            #expect(await users[0].ask("k", then: .answer(secret)) == .led)
            let failure = SharedFailure(code: .contentFiltered, message: "a secret of state", retryable: false)
            #expect(await users[0].ask("f", then: .fail(failure)) == .led)
            try await Condition.wait(for: "both") {
                try await users[0].execute("EXISTS", "sy:{cache:g}:v:k", "sy:{cache:g}:o:f")?.integer == 2
            }
            for name in ["sy:{cache:g}:v:k", "sy:{cache:g}:o:f"] {
                let stored = try await users[0].execute("GET", .string(name))?.bytes ?? []
                #expect(!stored.isEmpty && !stored.contains("secret".utf8))
            }
        }
    }

    @Test func whatAnotherHasSealedWithANewKeyIsRead() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            #expect(await users[0].ask("old") == .led)
            let secrets = try MasterSecrets(key: "abcdefghijklmnopqrstuvwxyz012345", previous: [])
            let redis = RedisConfiguration(host: "127.0.0.1", port: server.port)
            let made = try await DataKeyDesk.rotate(secrets: secrets, redis: redis, group: "g")
            #expect(made != nil)
            // The first loop learns of the new key from what a third has sealed with it.
            try await CacheUser.with(1, port: server.port) { others in
                #expect(await others[0].ask("old") == .hit("answer"))
                #expect(await others[0].ask("new") == .led)
            }
            try await Condition.wait(for: "the answer") { try await users[1].execute("EXISTS", "sy:{cache:g}:v:new")?.integer == 1 }
            #expect(await users[1].ask("new") == .hit("answer"))
            #expect(await users[1].ask("old") == .hit("answer"))
            #expect(await users[1].tampered.isEmpty)
        }
    }

    @Test func whileRedisIsAwayEachLoopGoesOnByItself() async throws {
        let server = try await RedisServer()
        try await CacheUser.with(2, port: server.port) { users in
            #expect(await users[0].ask("k") == .led)
            server.kill()
            #expect(await users[0].ask("k") == .hit("answer"))
            #expect(await users[1].ask("k", then: .answer("own")) == .led)
            #expect(await users[1].ask("k") == .hit("own"))
            try await server.restart()
            try await Condition.wait(for: "the fleet's answer") {
                let number = "\(UInt64.random(in: 0 ... .max))"
                guard await users[0].ask(number, then: .answer("shared")) == .led else { return false }
                return await users[1].ask(number, then: .abandon) == .hit("shared")
            }
        }
    }
}
