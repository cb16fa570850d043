import Foundation
import TestSupport
import Testing

/// What the worker really writes is what the schemas promise, by another language's validator.
@Suite(.timeLimit(.minutes(3))) struct ContractTests {
    @Test func responsesAndEventsAreValidAgainstTheirSchemas() async throws {
        let stage = try await Stage(
            Stage.Options(
                simulator: ["--latency-ms", "5", "--rate-limit-rate", "0.2", "--error-rate", "0.2"], more: "retry: {base_delay_ms: 1}"))
        let worker = try await stage.startWorker()
        let chat = #""messages":[{"role":"user","content":"hello"}]"#
        var lines = (0..<40).map { #"{"id":"chat-\#($0)",\#(chat),"metadata":{"row":\#($0)},"tenant":"acme"}"# }
        lines += [
            #"{"id":"completion","prompt":"Once upon a time"}"#,
            #"{"id":"embedding","type":"embedding","input":["one","two"]}"#,
            #"{"id":"n","n":2,\#(chat)}"#,
            #"{"id":"é\"\\","model":"simulator/other",\#(chat)}"#,
            #"{"id":"late","deadline":1500000000000,\#(chat)}"#,
            #"{"id":"bad","temperature":"hot",\#(chat)}"#,
            #"{"id":"chunks","stream":true,\#(chat)}"#,
            "garbage",
        ]
        try await stage.produce(lines.map { Stage.Message(key: "k", value: Array($0.utf8)) })
        let responses = try await stage.read(stage.topics.responses, count: lines.count - 1)
        let events = try await stage.read(stage.topics.events, count: lines.count)
        #expect(events.filter { $0.object["event"] as? String == "request.dead_lettered" }.count == 2)
        let chunks = try await stage.read(stage.topics.chunks) { $0.contains { $0.object["final"] as? Bool == true } }
        let failed = responses.filter { $0.object["status"] as? String == "error" }
        #expect(failed.count >= 2)
        #expect(responses.contains { ($0.object["attempts"] as? [Any])?.count ?? 0 > 1 })

        let responseFile = try stage.directory.write(responses.map(\.text).joined(separator: "\n"), to: "responses.jsonl")
        let eventFile = try stage.directory.write(events.map(\.text).joined(separator: "\n"), to: "events.jsonl")
        let chunkFile = try stage.directory.write(chunks.map(\.text).joined(separator: "\n"), to: "chunks.jsonl")
        let verdict = try await Program.run(
            Program.python,
            [
                "\(Program.root)/Tests/Python/validate_schemas.py", "--against", "response", responseFile, "--against", "event", eventFile,
                "--against", "chunk", chunkFile,
            ])
        #expect(verdict.status == 0, "\(verdict.output)")
        #expect(worker.isRunning)
    }

    @Test func aResponseGoesWhereItsRequestWantsIt() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let request = #"{"id":"elsewhere","reply_to":"\#(stage.topics.elsewhere)","messages":[{"role":"user","content":"x"}]}"#
        try await stage.produce([Stage.Message(key: "k", value: Array(request.utf8))])
        let response = try #require(try await stage.read(stage.topics.elsewhere, count: 1).first)
        #expect(response.key == "elsewhere")
        #expect(response.object["status"] as? String == "ok")
        #expect(worker.isRunning)
    }
}
