import Foundation
import TestSupport
import Testing

/// The main paths against the broker that `BROKERS` names, which is not librdkafka's own. See Tests/independent-broker.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["BROKERS"] != nil), .timeLimit(.minutes(5)))
struct IndependentBrokerTests {
    @Test func everyRequestIsAnsweredOnceAndBadOnesAreDeadLettered() async throws {
        let stage = try await Stage(Stage.Options(partitions: 4))
        let worker = try await stage.startWorker()
        let lines = (0..<500).map { #"{"id":"id-\#($0)","messages":[{"role":"user","content":"question \#($0)"}]}"# }
        let input = try stage.directory.write(lines.joined(separator: "\n"), to: "requests.jsonl")
        let output = "\(stage.directory.path)/answers.jsonl"
        let submitted = try await Program.run(["submit", input, "--config", stage.configuration])
        #expect(submitted.status == 0, "\(submitted.output)")
        try await stage.produce([Stage.Message(key: "k", value: Array("garbage".utf8), headers: [("source", Array("test".utf8))])])
        let collected = try await Program.run(
            ["collect", "--submitted", input, "--in-order", "-o", output, "--timeout", "60", "--config", stage.configuration])
        #expect(collected.status == 0, "\(collected.output)")
        #expect(collected.output.contains("500 ok, 0 failed, 0 missing, 0 doubled"), "\(collected.output)")
        let letter = try #require(try await stage.read(stage.topics.deadLetters, count: 1).first)
        #expect(letter.text == "garbage")
        #expect(letter.header("source") == "test")
        #expect(letter.header("switchyard-error-code") == "invalid_json")
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        worker.send(signal: SIGTERM)
        try await Condition.wait(for: "the end", atMost: .seconds(60)) { !worker.isRunning }
        #expect(worker.wait() == 0)
    }
}
