import Foundation
import TestSupport
import Testing

/// What is no acceptable request goes to the dead-letter topic as it came, with the reason, and the partition goes on.
@Suite(.timeLimit(.minutes(3))) struct BadMessagesTests {
    struct Bad: CustomStringConvertible, Sendable {
        let name: String
        let value: [UInt8]?
        let code: String
        /// Whether the requester can be told, for the id is known.
        var isAnswered = false

        init(_ name: String, _ text: String, _ code: String, isAnswered: Bool = false) {
            self.init(name, Array(text.utf8), code)
            self.isAnswered = isAnswered
        }

        init(_ name: String, _ value: [UInt8]?, _ code: String) {
            self.name = name
            self.value = value
            self.code = code
        }

        var description: String { name }
    }

    static let cases: [Bad] = [
        Bad("broken JSON", #"{"id":"broken","messages":[{"role":"user","#, "invalid_json", isAnswered: true),
        Bad("wrong type", #"{"id":"wrong","model":"default","messages":"hello"}"#, "invalid_request", isAnswered: true),
        Bad("missing id", #"{"model":"default","messages":[{"role":"user","content":"hello"}]}"#, "missing_id"),
        Bad(
            "unknown model", #"{"id":"unknown","model":"nowhere/x","messages":[{"role":"user","content":"hello"}]}"#, "unknown_model",
            isAnswered: true),
        Bad("binary garbage", (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }, "invalid_json"),
        Bad("empty message", [], "empty_message"),
        Bad("tombstone", nil, "empty_message"),
        Bad(
            "5 MB message",
            Array(#"{"id":"large","model":"default","messages":[{"role":"user","content":""#.utf8)
                + [UInt8](repeating: 0x61, count: 5_000_000)
                + Array(#""}]}"#.utf8), "request_too_large"),
        Bad(
            "forbidden reply topic",
            #"{"id":"astray","model":"default","reply_to":"secret.topic","messages":[{"role":"user","content":"hello"}]}"#,
            "reply_to_not_allowed", isAnswered: true),
    ]

    @Test func eachIsDeadLetteredAndThePartitionGoesOn() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let worker = try await stage.startWorker()
        let headers: [(name: String, value: [UInt8])] = [("source", Array("test".utf8)), ("binary", [0, 255, 10])]
        func good(_ index: Int) -> Stage.Message {
            Stage.Message(key: "key", value: Array(#"{"id":"good-\#(index)","messages":[{"role":"user","content":"hello"}]}"#.utf8))
        }
        try await stage.produce(
            Self.cases.enumerated().flatMap { [Stage.Message(key: "bad-\($0)", value: $1.value, headers: headers), good($0)] })
        let letters = try await stage.read(stage.topics.deadLetters, count: Self.cases.count)
        let responses = try await stage.read(
            stage.topics.responses, count: Self.cases.count + Self.cases.count { $0.isAnswered })
        #expect(letters.count == Self.cases.count)
        for (index, bad) in Self.cases.enumerated() {
            let letter = try #require(letters.first { $0.key == "bad-\(index)" })
            #expect(letter.value ?? [] == bad.value ?? [], "\(bad)")
            #expect(letter.header("source") == "test", "\(bad)")
            #expect(letter.headers.first { $0.name == "binary" }?.value == [0, 255, 10], "\(bad)")
            #expect(letter.header("switchyard-error-code") == bad.code, "\(bad)")
            #expect(letter.header("switchyard-error-message")?.isEmpty == false, "\(bad)")
            #expect(letter.header("switchyard-origin") == "\(stage.topics.requests)/0/\(index * 2)", "\(bad)")
            #expect(letter.header("switchyard-attempts") == "0", "\(bad)")
            #expect(letter.header("kafka_dlt-original-topic") == stage.topics.requests, "\(bad)")
            #expect(
                letter.headers.first { $0.name == "kafka_dlt-original-offset" }?.value == [0, 0, 0, 0, 0, 0, 0, UInt8(index * 2)], "\(bad)")
            let good = try #require(responses.first { $0.key == "good-\(index)" }, "\(bad)")
            #expect(good.object["status"] as? String == "ok", "\(bad)")
        }
        let answers = responses.filter { $0.key?.hasPrefix("good") != true }
        #expect(answers.allSatisfy { $0.header("switchyard-status") == "error" })
        let codes = answers.compactMap { ($0.object["error"] as? [String: Any])?["code"] as? String }
        #expect(codes.sorted() == Self.cases.filter(\.isAnswered).map(\.code).sorted())
        try await Condition.wait(for: "the commit") { try await stage.lag() == 0 }
        #expect(worker.isRunning)
    }

    @Test func aSecondMessageOfTheSameIdIsDeadLettered() async throws {
        let stage = try await Stage(Stage.Options(partitions: 4))
        let worker = try await stage.startWorker()
        let request = Array(#"{"id":"twin","messages":[{"role":"user","content":"hello"}]}"#.utf8)
        // Different keys, so that they come to different partitions and loops.
        try await stage.produce((0..<12).map { Stage.Message(key: "key-\($0)", value: request) })
        let letters = try await stage.read(stage.topics.deadLetters, count: 11)
        #expect(letters.count == 11)
        #expect(letters.allSatisfy { $0.header("switchyard-error-code") == "duplicate_id" && $0.value ?? [] == request })
        let responses = try await stage.read(stage.topics.responses, count: 1)
        #expect(responses.map(\.key) == ["twin"])
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 1)
        #expect(worker.isRunning)
    }

    @Test func aFailedRequestMayBeSentAgainUnderItsId() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1, simulator: ["--latency-ms", "5", "--api-key", "right"]))
        let worker = try await stage.startWorker()
        let request = Stage.Message(key: "k", value: Array(#"{"id":"again","messages":[{"role":"user","content":"hello"}]}"#.utf8))
        try await stage.produce([request])
        _ = try await stage.read(stage.topics.responses, count: 1)
        try await Condition.wait(for: "the commit") { try await stage.lag() == 0 }
        try await stage.produce([request])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.allSatisfy { ($0.object["error"] as? [String: Any])?["code"] as? String == "auth" })
        #expect(worker.isRunning)
    }

    @Test func aResponseThatKafkaDoesNotTakeIsAnsweredWithThat() async throws {
        let stage = try await Stage(
            Stage.Options(partitions: 1, worker: ["max_request_bytes: 4MiB"], kafka: "producer: {message.max.bytes: 1000000}"))
        let worker = try await stage.startWorker()
        let large = String(repeating: "x", count: 1_200_000)
        try await stage.produce([
            Stage.Message(
                key: "k",
                value: Array(#"{"id":"echo","metadata":{"x":"\#(large)"},"messages":[{"role":"user","content":"hello"}]}"#.utf8)),
            Stage.Message(key: "k", value: Array("garbage".utf8), headers: [("large", [UInt8](repeating: 0x61, count: 1_200_000))]),
            Stage.Message(key: "k", value: Array(#"{"id":"good","messages":[{"role":"user","content":"hello"}]}"#.utf8)),
        ])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        let echo = try #require(responses.first { $0.key == "echo" })
        #expect((echo.object["error"] as? [String: Any])?["code"] as? String == "response_too_large")
        #expect(responses.contains { $0.key == "good" && $0.object["status"] as? String == "ok" })
        let letter = try #require(try await stage.read(stage.topics.deadLetters, count: 1).first)
        #expect(letter.header("switchyard-error-code") == "invalid_json")
        #expect(letter.header("switchyard-truncated") == "true")
        try await Condition.wait(for: "the commit") { try await stage.lag() == 0 }
        #expect(worker.isRunning)
    }
}
