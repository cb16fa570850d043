import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(4))) struct ShutdownTests {
    private func requests(_ count: Int) -> [Stage.Message] {
        (0..<count).map { number in
            Stage.Message(
                key: "id-\(number)",
                value: Array(#"{"id":"id-\#(number)","messages":[{"role":"user","content":"number \#(number)"}]}"#.utf8))
        }
    }

    /// Every id is answered once, and nothing is left to be delivered again.
    private func expectAllAnsweredOnce(_ stage: Stage, count: Int) async throws {
        let responses = try await stage.read(stage.topics.responses, count: count, atMost: .seconds(120))
        try await Condition.wait(for: "the commits", atMost: .seconds(60)) { try await stage.lag() == 0 }
        // Once all is committed no further response can come: read again to see whether there was one too many.
        let all = try await stage.read(stage.topics.responses, count: count)
        #expect(all.count == count)
        #expect(Set(all.compactMap(\.key)).count == count)
        #expect(responses.allSatisfy { $0.object["status"] as? String == "ok" })
    }

    @Test func aWorkerThatIsAskedToStopFinishesWhatItHas() async throws {
        let stage = try await Stage(Stage.Options(partitions: 8, simulator: ["--latency-ms", "300"], worker: ["max_in_flight: 200"]))
        let first = try await stage.startWorker()
        try await stage.produce(requests(2_000))
        _ = try await stage.read(stage.topics.responses, count: 100)
        let second = try await stage.startWorker()
        first.send(signal: SIGTERM)
        try await Condition.wait(for: "the first worker to end", atMost: .seconds(60)) { !first.isRunning }
        #expect(first.wait() == 0)
        #expect(first.output.contains("worker stopped"))
        try await expectAllAnsweredOnce(stage, count: 2_000)
        second.send(signal: SIGTERM)
        try await Condition.wait(for: "the second worker to end", atMost: .seconds(60)) { !second.isRunning }
        #expect(second.wait() == 0)
    }

    @Test func whatDoesNotFinishInTimeIsHandedBack() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 2, simulator: ["--latency-ms", "1500", "--latency-sigma", "0.7"],
                worker: ["max_in_flight: 400", "drain_timeout_s: 1"]))
        let first = try await stage.startWorker()
        try await stage.produce(requests(400))
        _ = try await stage.read(stage.topics.responses, count: 50)
        first.send(signal: SIGTERM)
        try await Condition.wait(for: "the first worker to end", atMost: .seconds(60)) { !first.isRunning }
        #expect(first.wait() == 0)
        let second = try await stage.startWorker()
        try await expectAllAnsweredOnce(stage, count: 400)
        #expect(first.output.contains("handed_back=") && !first.output.contains("handed_back=0"))
        #expect(second.isRunning)
    }

    @Test func aSecondInterruptEndsAtOnce() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1, simulator: ["--latency-ms", "60000", "--latency-sigma", "0"]))
        let worker = try await stage.startWorker()
        try await stage.produce(requests(1))
        try await Condition.wait(for: "the call") { try await stage.simulatorStatistics()["in_flight"] as? Int == 1 }
        worker.send(signal: SIGINT)
        try await Condition.wait(for: "the drain") { worker.output.contains("draining") }
        #expect(worker.isRunning)
        worker.send(signal: SIGINT)
        try await Condition.wait(for: "the end") { !worker.isRunning }
        #expect(worker.wait() == 130)
    }
}
