import Foundation
import TestSupport
import Testing

/// What can be seen of transactions on brokers that hide nothing: the mock cluster and Tansu show aborted messages, so responses are
/// counted by the transactions that the workers say were committed.
@Suite(.timeLimit(.minutes(4))) struct ExactlyOnceTests {
    private func requests(_ count: Int) -> [Stage.Message] {
        (0..<count).map { number in
            Stage.Message(
                key: "id-\(number)",
                value: Array(#"{"id":"id-\#(number)","messages":[{"role":"user","content":"number \#(number)"}]}"#.utf8))
        }
    }

    private func stage(_ partitions: Int = 8, simulator: [String] = ["--latency-ms", "100"], more: String = "") async throws -> Stage {
        try await Stage(
            Stage.Options(
                partitions: partitions, simulator: simulator,
                worker: ["delivery: exactly_once", "transaction_interval_ms: 50", "log_level: debug", "max_in_flight: 200"], more: more))
    }

    /// The transactions that a worker says were committed, in order, by event loop.
    private func committed(_ worker: ChildProcess) -> [[String]] {
        let names = worker.output.split(separator: "\n").filter { $0.contains("transaction committed") }
            .compactMap { $0.split(separator: "transaction=").last.map { String($0.prefix { $0 != " " }) } }
        return Array(Dictionary(grouping: names) { $0.split(separator: "-").dropLast().joined(separator: "-") }.values)
    }

    @Test func responsesEventsAndDeadLettersComeInTransactionsWithTheOffsets() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker()
        try await stage.produce(requests(600) + [Stage.Message(key: "bad", value: Array("garbage".utf8))])
        let responses = try await stage.read(stage.topics.responses, count: 600)
        let letter = try #require(try await stage.read(stage.topics.deadLetters, count: 1).first)
        let events = try await stage.read(stage.topics.events, count: 601)
        let names = Set((responses + events + [letter]).compactMap { $0.header("switchyard-transaction") })
        #expect(Set(responses.compactMap(\.key)).count == 600)
        #expect((responses + events + [letter]).allSatisfy { $0.header("switchyard-transaction") != nil })
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        // The broker knows of a commit before the worker has heard that it does.
        try await Condition.wait(for: "the worker to say so") { names.isSubset(of: committed(worker).joined()) }
        // Gathered: many requests share a transaction.
        #expect(names.count < 300)
        worker.send(signal: SIGTERM)
        try await Condition.wait(for: "the end", atMost: .seconds(60)) { !worker.isRunning }
        #expect(worker.wait() == 0)
    }

    @Test(.enabled(if: BrokerUnderTest.isEmbedded, "another's broker cannot be stopped"))
    func aWorkerEndsWhenItIsAskedToAlthoughItsBrokersAreGone() async throws {
        let stage = try await stage(2)
        let broker = try #require(stage.broker)
        let worker = try await stage.startWorker()
        try await stage.produce(requests(200))
        _ = try await stage.read(stage.topics.responses, count: 20)
        broker.send(signal: SIGSTOP)
        try await Condition.wait(for: "the loss of the partitions", atMost: .seconds(60)) { worker.output.contains("partitions lost") }
        worker.send(signal: SIGTERM)
        try await Condition.wait(for: "the end", atMost: .seconds(100)) { !worker.isRunning }
        #expect(worker.wait() == 0)
        broker.send(signal: SIGCONT)
    }

    @Test func aWorkerThatIsKilledLosesNothingAndDoublesNothing() async throws {
        let stage = try await stage(simulator: ["--latency-ms", "150", "--error-rate", "0.05"], more: "retry: {base_delay_ms: 20}")
        // Under the same name, so that a successor ends the transaction that its predecessor has left open.
        let name = ["--set", "worker.id=one"]
        var workers = [try await stage.startWorker(name)]
        try await stage.produce(requests(2_000))
        for round in 1...2 {
            _ = try await stage.read(stage.topics.responses, count: 400 * round)
            workers[round - 1].send(signal: SIGKILL)
            workers.append(try await stage.startWorker(name))
        }
        _ = try await stage.read(stage.topics.responses, atMost: .seconds(120)) { Set($0.compactMap(\.key)).count == 2_000 }
        try await Condition.wait(for: "the commits", atMost: .seconds(60)) { try await stage.lag() == 0 }
        // Neither broker to be had here keeps the offsets of a transaction with their metadata. So a successor may not know of the last
        // one that a worker has committed before it was killed.
        let keepsOffsets = !BrokerUnderTest.isEmbedded && BrokerUnderTest.keepsCommitMetadata
        let names = Set(
            workers.flatMap { worker in
                committed(worker).flatMap { $0.dropLast(worker.isRunning || keepsOffsets ? 0 : 1) }
            })
        // What came later, if anything did, would be read as well.
        let responses = try await stage.read(stage.topics.responses) { Set($0.compactMap(\.key)).count == 2_000 }
        let counted = responses.filter { names.contains($0.header("switchyard-transaction") ?? "") }.compactMap(\.key)
        #expect(Set(responses.compactMap(\.key)).count == 2_000)
        #expect(counted.count > 1_000)
        #expect(counted.count == Set(counted).count)
    }
}
