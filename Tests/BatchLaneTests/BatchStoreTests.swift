import Redis
import TestSupport
import Testing

@testable import BatchLane

@Suite(.timeLimit(.minutes(2))) struct BatchStoreTests {
    @Test func aRequestIsEnteredOnceAndGatheredInOrder() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            let user = users[0]
            for (number, name) in ["c", "a", "b"].enumerated() {
                #expect(try await user.enter(name, Array(name.utf8), from: "", now: Int64(number)))
                #expect(try await !user.enter(name, [1], from: "", now: 9))
            }
            let before = try await user.look()
            #expect(before.queues == ["q": 3])
            #expect(before.oldest == 0)
            #expect(try await user.gather("one", count: 2) == (2, 22, true))
            #expect(try await user.members("one") == ["c", "a"])
            #expect(try await user.bodies("one") == [Array("c".utf8), Array("a".utf8)])
            #expect(try await user.bodies("one", from: 1) == [Array("a".utf8)])
            #expect(try await user.entry("c") == .inBatch("one"))
            #expect(try await user.entry("b") == .pending(queue: "q"))
            #expect(try await user.gather("two", count: 5) == (1, 11, false))
            let after = try await user.look()
            #expect(after.queues.isEmpty)
            #expect(Set(after.batches.keys) == ["one", "two"])
            #expect(try await user.gather("three", count: 5) == (0, 0, false))
        }
    }

    @Test func aBatchHoldsNoMoreBytesThanItMay() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            for number in 0..<3 {
                _ = try await users[0].enter("r\(number)", [UInt8](repeating: 1, count: 90), from: "", now: Int64(number))
            }
            #expect(try await users[0].gather("one", count: 10, bytes: 299) == (2, 200, false))
            #expect(try await users[0].gather("two", count: 10, bytes: 299) == (1, 100, false))
        }
    }

    @Test func whatRedisHasDroppedIsNotGathered() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            let user = users[0]
            for name in ["whole", "bodiless", "gone"] { _ = try await user.enter(name, [1], from: "", now: 0) }
            _ = try await user.execute("DEL", "sy:{1:g:batch}:body:bodiless", "sy:{1:g:batch}:entry:gone")
            #expect(try await user.gather("one", count: 10).count == 1)
            #expect(try await user.entry("bodiless") == .without(.busy))
            #expect(try await user.entry("gone") == nil)
        }
    }

    @Test func onlyWhoeverHasTheLeaseChangesABatch() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port, count: 2) { users in
            _ = try await users[0].enter("r", [1], from: "", now: 0)
            _ = try await users[0].gather("b", count: 1)
            #expect(try await users[0].takeLease("b", "x"))
            #expect(try await !users[1].takeLease("b", "y"))
            var batch = Batch(name: "b", queue: "q")
            batch.sealed(size: 1)
            for token in ["y", ""] {
                #expect(try await !users[1].put(batch, token))
                #expect(try await !users[1].settle([("r", .without(.failed))], of: "b", token))
                #expect(try await !users[1].dissolve("b", .failed, token))
                #expect(try await !users[1].extendLease("b", token))
                try await users[1].giveLeaseBack("b", token)
            }
            #expect(try await users[0].entry("r") == .inBatch("b"))
            #expect(try await users[0].extendLease("b", "x"))
            #expect(try await users[0].put(batch, "x"))
            #expect(try await users[1].look().batches["b"] == batch)
            try await users[0].giveLeaseBack("b", "x")
            #expect(try await users[1].takeLease("b", "y"))
        }
    }

    @Test func resultsAreForThoseThatAreStillInTheBatch() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            let user = users[0]
            for name in ["answered", "left", "silent"] { _ = try await user.enter(name, [1], from: "", now: 0) }
            _ = try await user.gather("b", count: 10)
            #expect(try await user.cancel("b", for: "left"))
            #expect(try await user.look().unwanted == ["b"])
            #expect(try await !user.leave("left", from: "p", now: 5))
            #expect(try await user.leave("left", from: "bn", now: 5))
            #expect(try await user.takeLease("b", "x"))
            let result = BatchEntry.result(status: 200, milliseconds: 3, body: [0, 10, 255])
            #expect(try await user.settle([("answered", result), ("left", result)], of: "b", "x"))
            #expect(try await user.dissolve("b", .expired, "x"))
            #expect(try await user.entry("answered") == result)
            #expect(try await user.entry("left") == .ordinary(since: 5))
            #expect(try await user.entry("silent") == .without(.expired))
            let overview = try await user.look()
            #expect(overview.batches.isEmpty)
            #expect(overview.unwanted.isEmpty)
            for name in ["answered", "left", "silent"] { await user.forget(name) }
            try await Condition.wait(for: "nothing but the lease") { try await user.execute("DBSIZE").integer == 1 }
        }
    }

    @Test func nothingIsPutIntoABatchThatIsComplete() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            for name in ["a", "b"] { _ = try await users[0].enter(name, [1], from: "", now: 0) }
            #expect(try await users[0].gather("x", count: 1).count == 1)
            var batch = Batch(name: "x", queue: "q")
            batch.sealed(size: 1)
            #expect(try await users[0].takeLease("x", "t"))
            #expect(try await users[0].put(batch, "t"))
            #expect(try await users[0].gather("x", count: 1) == (0, 0, false))
            #expect(try await users[0].look().batches["x"] == batch)
            #expect(try await users[0].entry("b") == .pending(queue: "q"))
        }
    }

    @Test func aBatchThatIsGoneKeepsNobody() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            _ = try await users[0].enter("r", [1], from: "", now: 0)
            _ = try await users[0].gather("b", count: 1)
            _ = try await users[0].execute("DEL", "sy:{1:g:batch}:batches")
            #expect(try await !users[0].cancel("b", for: "r"))
            #expect(try await users[0].entry("r") == .without(.failed))
        }
    }

    @Test func everythingExpiresThatARequestLeaves() async throws {
        let server = try await RedisServer()
        try await StoreUser.with(port: server.port) { users in
            for name in ["a", "b"] { _ = try await users[0].enter(name, [1], from: "", now: 0) }
            _ = try await users[0].gather("x", count: 1)
            for key in ["entry:a", "body:a", "entry:b", "body:b", "members:x"] {
                let rest = try await users[0].execute("PTTL", .string("sy:{1:g:batch}:\(key)")).integer ?? 0
                #expect(rest > 86_400_000, "\(key)")
            }
        }
    }

    /// Any steps of visitors and of lanes leave each request in one place.
    @Test func aRequestIsInOnePlaceWhateverHappens() async throws {
        let server = try await RedisServer()
        var random = SeededGenerator.forTest("requests in the store")
        try await StoreUser.with(port: server.port) { users in
            let user = users[0]
            let names = (0..<6).map { "r\($0)" }
            var (entries, batches): ([String: BatchEntry], [String: [String]]) = ([:], [:])
            var order: [String] = []
            var now: Int64 = 0
            for step in 0..<4_000 {
                now += 1
                let name = names.randomElement(using: &random) ?? ""
                let letters = ["", "p", "b", "n", "r", "o", "bn"].randomElement(using: &random) ?? ""
                let held = entries[name]?.letter ?? ""
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    let letter = String(letters.prefix(1))
                    let mayEnter = held == letter && ["", "n", "r"].contains(letter)
                    guard letter == held ? mayEnter : true else { continue }
                    #expect(try await user.enter(name, [1], from: letter, now: now) == mayEnter, "step \(step)")
                    if mayEnter {
                        entries[name] = .pending(queue: "q")
                        if !order.contains(name) { order.append(name) }
                    }
                case 4, 5:
                    let mayLeave = held == "" || letters.contains(held)
                    #expect(try await user.leave(name, from: letters, now: now) == mayLeave, "step \(step)")
                    if mayLeave {
                        entries[name] = .ordinary(since: now)
                        order.removeAll { $0 == name }
                    }
                case 6:
                    let count = Int.random(in: 1...3, using: &random)
                    let moved = order.prefix(count).filter { entries[$0]?.letter == "p" }
                    #expect(try await user.gather("b\(step)", count: count).count == moved.count, "step \(step)")
                    order.removeFirst(min(count, order.count))
                    for name in moved { entries[name] = .inBatch("b\(step)") }
                    if !moved.isEmpty { batches["b\(step)"] = moved }
                case 7, 8:
                    guard let (batch, members) = batches.randomElement(using: &random) else { continue }
                    _ = try await user.takeLease(batch, "x")
                    let result = BatchEntry.result(status: 200, milliseconds: now, body: [UInt8(step % 256)])
                    let settled = members.filter { _ in Bool.random(using: &random) }
                    #expect(try await user.settle(settled.map { ($0, result) }, of: batch, "x"))
                    for name in settled where entries[name] == .inBatch(batch) { entries[name] = result }
                    guard Bool.random(using: &random) else { continue }
                    #expect(try await user.dissolve(batch, .busy, "x"))
                    for name in members where entries[name] == .inBatch(batch) { entries[name] = .without(.busy) }
                    batches[batch] = nil
                default:
                    await user.forget(name)
                    entries[name] = nil
                }
                for name in names { try #require(try await user.entry(name) == entries[name], "step \(step), \(name)") }
            }
        }
    }
}
