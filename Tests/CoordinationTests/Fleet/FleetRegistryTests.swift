import Redis
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct FleetRegistryTests {
    private func expect(_ workers: Int, _ loops: Int, of holder: FleetHolder) async throws {
        try await Condition.wait(for: "\(workers) workers with \(loops) loops") {
            holder.view.workers == workers && holder.view.loops == loops
        }
    }

    @Test func workersSeeEachOtherComeAndGo() async throws {
        let server = try await RedisServer()
        try await FleetHolder.with(port: server.port, loops: [2, 3, 4]) { holders in
            await holders[0].join()
            #expect((holders[0].view.workers, holders[0].view.loops) == (1, 2))
            for holder in holders[1...] { await holder.join() }
            for holder in holders { try await expect(3, 9, of: holder) }
            try await FleetDesk.with(redis: RedisConfiguration(host: "127.0.0.1", port: server.port), group: "g") { desk in
                try await Condition.wait(for: "a listing of all") {
                    let listed = try await desk.workers()
                    #expect(listed.allSatisfy { $0.member.load == FleetMember.Load(inFlight: 7) && $0.member.host == "h" })
                    return listed.map(\.member.id) == ["a", "b", "c"]
                }
            }
            // One leaves, and another dies.
            await holders[1].leave()
            #expect(try await holders[1].live()?.entries["b"] == nil)
            await holders[2].crash()
            try await expect(1, 2, of: holders[0])
            try await Condition.wait(for: "the dead one to be gone") { try await holders[0].live()?.entries.keys.sorted() == ["a"] }
        }
    }

    @Test func theLastKnownNumbersStayWhileRedisIsAway() async throws {
        let server = try await RedisServer()
        try await FleetHolder.with(port: server.port, loops: [2, 3]) { holders in
            for holder in holders { await holder.join() }
            for holder in holders { try await expect(2, 5, of: holder) }
            server.kill()
            await holders[1].leave()
            try await Condition.wait(for: "a heartbeat in vain") { await holders[0].isDegraded }
            #expect((holders[0].view.workers, holders[0].view.loops) == (2, 5))
            try await server.restart()
            try await expect(1, 2, of: holders[0])
        }
    }
}
