import Foundation
import TestSupport
import Testing

/// Other people's Kafka clients against the embedded broker and a worker.
@Suite(.timeLimit(.minutes(3))) struct ClientsTests {
    @Test func kcatProducesARequestAndReadsItsResponse() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let file = try stage.directory.write(
            #"{"id":"from-kcat","model":"default","messages":[{"role":"user","content":"What is the capital of France?"}]}"#,
            to: "request.json")
        let sent = try await Program.run(
            "kcat",
            [
                "-b", stage.brokers, "-P", "-t", stage.topics.requests, "-k", "from-kcat", "-H",
                "traceparent=00-\(trace)-00f067aa0ba902b7-01", file,
            ])
        #expect(sent.status == 0, "\(sent.output)")
        let read = try await Program.run(
            "kcat", ["-b", stage.brokers, "-C", "-t", stage.topics.responses, "-o", "beginning", "-c", "1", "-q", "-f", "%k\n%h\n%s\n"])
        #expect(read.status == 0, "\(read.output)")
        // A newer librdkafka than kcat was made for warns on standard error.
        let output = read.output.split(separator: "\n").drop { $0.hasPrefix("%") }.joined(separator: "\n")
        let lines = output.split(separator: "\n", maxSplits: 2).map(String.init)
        #expect(lines.first == "from-kcat")
        #expect(lines.dropFirst().first?.contains("switchyard-status=ok") == true)
        #expect(lines.dropFirst().first?.contains(trace) == true)
        let response = Stage.Message(value: Array((lines.last ?? "").utf8)).object
        #expect(response["id"] as? String == "from-kcat")
        #expect(response["status"] as? String == "ok")
        #expect(((response["message"] as? [String: Any])?["content"] as? String)?.isEmpty == false)
        #expect(worker.isRunning)
    }

    private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test func confluentsPythonClientProducesARequestAndReadsItsResponse() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let result = try await Program.run(
            Program.python,
            [
                "\(Program.root)/Tests/Python/produce_and_read.py", stage.brokers, stage.topics.requests, stage.topics.responses,
                "from-python",
            ])
        #expect(result.status == 0, "\(result.output)")
        let response = Stage.Message(value: Array(result.output.utf8)).object
        #expect(response["status"] as? String == "ok")
        #expect((response["_headers"] as? [String: String])?["content-type"] == "application/json")
        #expect(worker.isRunning)
    }
}
