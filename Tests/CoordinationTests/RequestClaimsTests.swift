import Coordination
import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RequestClaimsTests {
    private func original(_ root: String) -> RequestCopy {
        RequestCopy(root: root, place: root, generation: 0)
    }

    @Test func workersShareClaimsThroughRedis() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["g", "g"]) { holders in
            #expect(await holders[0].claim("a", original("x/0/1"), tenant: "t") == .granted)
            #expect(await holders[0].claim("a", original("x/0/1"), tenant: "t") == .granted)
            #expect(await holders[1].claim("a", original("x/0/1"), tenant: "t") == .granted)
            #expect(await holders[1].claim("a", original("x/1/7"), tenant: "t") == .taken(by: "x/0/1"))
            #expect(await holders[1].claim("a", original("x/1/8"), tenant: "other") == .granted)
        }
    }

    @Test func whatOneWorkerHasAnsweredIsDoneForTheNext() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["g", "g"]) { holders in
            #expect(await holders[0].claim("a", original("x/0/1")) == .granted)
            await holders[0].finish("a", original("x/0/1"), failed: false)
            try await Condition.wait(for: "the answer to be known") { await holders[1].claim("a", original("x/0/1")) == .done }
            #expect(await holders[1].claim("a", original("x/0/2")) == .taken(by: "x/0/1"))
        }
    }

    @Test func aFailedRequestMayBeEnqueuedAgainForAnyWorker() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["g", "g"]) { holders in
            #expect(await holders[0].claim("a", original("x/0/1")) == .granted)
            await holders[0].finish("a", original("x/0/1"), failed: true)
            try await Condition.wait(for: "the failure to be known") { await holders[1].claim("a", original("x/0/1")) == .done }
            #expect(await holders[1].claim("a", original("x/1/7")) == .granted)
            #expect(await holders[0].claim("a", original("x/1/8")) == .taken(by: "x/1/7"))
        }
    }

    @Test func groupsAndTenantsDoNotMeet() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["one", "two"]) { holders in
            #expect(await holders[0].claim("a", original("x/0/1")) == .granted)
            #expect(await holders[1].claim("a", original("x/0/2")) == .granted)
            #expect(await holders[0].claim("b:c", original("x/0/3"), tenant: "a") == .granted)
            #expect(await holders[0].claim("c", original("x/0/4"), tenant: "a:b") == .granted)
        }
    }

    @Test func aWorkerThatWasFrozenLearnsWhatHasHappened() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["g", "g"]) { holders in
            let copy = original("x/0/1")
            for id in ["a", "b"] {
                #expect(await holders[0].claim(id, copy) == .granted)
                await holders[0].remember(Array(repeating: 1, count: 5_000), for: id, copy)
                #expect(await holders[0].isAnswered(id, copy) == false)
            }
            await holders[1].finish("a", copy, failed: false)
            await holders[1].supersede("b", copy, by: 1)
            for id in ["a", "b"] {
                try await Condition.wait(for: "\(id) to be done") { await holders[0].isAnswered(id, copy) }
                #expect(await holders[0].isAnswered(id, original("x/0/2")) == false)
                await holders[0].remember([1], for: id, copy)
                #expect(await holders[0].claim(id, copy) == .done)
            }
            await holders[0].finish("b", copy, failed: false)
            let later = RequestCopy(root: "x/0/1", place: "retry/0/1", generation: 1)
            #expect(await holders[1].claim("b", later) == .granted)
        }
    }

    @Test(arguments: [true, false]) func aLargeResultIsPaidOnceAndForgottenWhenItIsPublished(isCurrent: Bool) async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port, groups: ["g", "g"]) { holders in
            var random = SeededGenerator.forTest("large result")
            let result = (0..<5_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            // So that a failure does not print all of it.
            func isPaid(_ outcome: ClaimOutcome?) -> Bool { outcome == .paid(result) }
            let copy = original("x/0/1")
            #expect(await holders[0].claim("a", copy) == .granted)
            await holders[0].remember(result, for: "a", copy, isCurrent: isCurrent)
            try await Condition.wait(for: "the result") { try await holders[0].stored("a").map { $0.count > result.count } ?? false }
            #expect(await isPaid(holders[1].claim("a", copy)))
            let later = RequestCopy(root: "x/0/1", place: "retry/0/1", generation: 1)
            #expect(await isPaid(holders[1].claim("a", later)))
            #expect(await isPaid(holders[0].claim("a", later)))
            #expect(await holders[0].claim("a", copy) == .done)
            await holders[0].finish("a", later, failed: false, isCurrent: isCurrent)
            let length = try await holders[0].execute("STRLEN", "sy:{1:g:0::a}:claim")?.integer ?? 0
            #expect((1..<20).contains(length))
        }
    }

    @Test func everyClaimExpires() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port) { holder in
            let copy = original("x/0/1")
            for id in ["claimed", "paid", "finished", "superseded"] { #expect(await holder.claim(id, copy) == .granted) }
            await holder.remember([1], for: "paid", copy)
            await holder.finish("finished", copy, failed: true)
            await holder.supersede("superseded", copy, by: 1)
            for id in ["claimed", "paid", "finished", "superseded"] {
                let rest = try await holder.execute("TTL", .string("sy:{1:g:0::\(id)}:claim"))?.integer ?? 0
                #expect((1...60).contains(rest))
            }
        }
    }

    @Test func aReportReachesARedisThatHasForgottenAll() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port) { holder in
            let copy = original("x/0/1")
            for id in ["flushed", "restarted"] { #expect(await holder.claim(id, copy) == .granted) }
            _ = try await holder.execute("FLUSHALL")
            _ = try await holder.execute("SCRIPT", "FLUSH")
            await holder.finish("flushed", copy, failed: false)
            #expect(await holder.claim("flushed", copy) == .done)
            #expect(await holder.claim("flushed", original("x/0/2")) == .taken(by: "x/0/1"))

            server.kill()
            try await Condition.wait(for: "the loss") { await !holder.isAvailable }
            try await server.restart()
            try await Condition.wait(for: "the connection") { await holder.isAvailable }
            #expect(try await holder.stored("flushed") == nil)
            await holder.remember([1, 2], for: "restarted", copy)
            #expect(await holder.claim("restarted", copy) == .paid([1, 2]))
            await holder.finish("restarted", copy, failed: false)
            #expect(await holder.claim("restarted", copy) == .done)
        }
    }

    @Test func withoutRedisALoopsOwnClaimsCount() async throws {
        try await ClaimHolder.with(port: nil) { holder in
            let copy = original("x/0/1")
            #expect(await holder.claim("a", copy) == .granted)
            #expect(await holder.claim("a", original("x/0/2")) == .taken(by: "x/0/1"))
            await holder.remember([1, 2], for: "a", copy)
            #expect(await holder.claim("a", copy) == .granted)
            await holder.finish("a", copy, failed: false)
            #expect(await holder.claim("a", copy) == .done)
            #expect(await holder.isAnswered("a", copy) == false)
        }
    }

    @Test func aDeadRedisStopsNobody() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port) { holder in
            #expect(await holder.claim("a", original("x/0/1")) == .granted)
            server.kill()
            #expect(await holder.claim("a", original("x/0/2")) == .taken(by: "x/0/1"))
            #expect(await holder.claim("b", original("x/0/2")) == .granted)
            #expect(await holder.claim("b", original("x/0/3")) == .taken(by: "x/0/2"))
            await holder.remember([2], for: "b", original("x/0/2"))
            try await server.restart()
            try await Condition.wait(for: "the connection") { await holder.isAvailable }
            #expect(await holder.claim("c", original("x/0/4")) == .granted)
            // What was reported meanwhile has been reported again.
            #expect(await holder.claim("b", original("x/0/2")) == .paid([2]))
        }
    }
}
