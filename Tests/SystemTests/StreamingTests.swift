import Foundation
import TestSupport
import Testing

/// Streamed answers, as who reads the chunks topic sees them.
@Suite(.timeLimit(.minutes(4))) struct StreamingTests {
    private func request(_ id: String, _ kind: ProviderKind, _ text: String = "hello") -> Stage.Message {
        Stage.Message(
            key: id,
            value: Array(
                #"{"id":"\#(id)","model":"\#(kind.rawValue)/m-1","stream":true,"messages":[{"role":"user","content":"\#(text)"}]}"#.utf8))
    }

    private func stage(_ worker: [String] = [], more: String = "", http: String = "") async throws -> Stage {
        try await Stage(
            Stage.Options(
                simulator: ["--latency-ms", "5", "--tokens-per-second", "400"], worker: worker, providers: ProviderKind.lines,
                more: "\(more.isEmpty ? "retry: {base_delay_ms: 5, max_delay_ms: 50}" : more)\n\(http)"))
    }

    private func isFinal(_ chunk: Stage.Message) -> Bool { chunk.object["final"] as? Bool == true }

    private func sequences(_ chunks: [Stage.Message]) -> [Int] { chunks.compactMap { $0.object["sequence"] as? Int } }

    /// What a reader has who begins anew at each sequence 0.
    private func content(_ chunks: [Stage.Message]) -> String {
        chunks.reduce("") { text, chunk in
            let delta = (chunk.object["delta"] as? [String: Any])?["content"] as? String ?? ""
            return chunk.object["sequence"] as? Int == 0 ? delta : text + delta
        }
    }

    private func message(_ response: Stage.Message) -> [String: Any] { response.object["message"] as? [String: Any] ?? [:] }

    private func codes(_ response: Stage.Message) -> [String?] {
        (response.object["attempts"] as? [[String: Any]] ?? []).map { $0["error"] as? String }
    }

    /// The chunks of each request, in their order, once all have a last one.
    private func chunks(_ stage: Stage, of count: Int) async throws -> [String: [Stage.Message]] {
        let all = try await stage.read(stage.topics.chunks) { messages in
            messages.count { $0.object["final"] as? Bool == true } >= count
        }
        return Dictionary(grouping: all) { $0.key ?? "" }
    }

    @Test func theChunksOfEveryKindAreItsResponse() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        try await stage.produce(ProviderKind.allCases.flatMap { kind in (0..<4).map { request("\(kind.rawValue)-\($0)", kind) } })
        let chunks = try await chunks(stage, of: 20)
        let responses = try await stage.read(stage.topics.responses, count: 20)
        for response in responses {
            let id = try #require(response.key)
            let own = try #require(chunks[id])
            #expect(response.object["status"] as? String == "ok", "\(response.text)")
            #expect(sequences(own) == Array(0..<own.count))
            #expect(own.count > 5)
            #expect(own.dropLast().allSatisfy { !isFinal($0) } && isFinal(own[own.count - 1]))
            #expect(own.last?.object["finish_reason"] as? String == "stop")
            #expect(content(own) == message(response)["content"] as? String)
            #expect(Set(own.map(\.partition)).count == 1)
            let usage = try #require(response.object["usage"] as? [String: Any])
            #expect(usage["output"] as? Int ?? 0 > 0 && usage["estimated"] == nil)
        }
        #expect(worker.isRunning)
    }

    @Test(arguments: ["truncate", "corrupt", "stream_error", "disconnect"])
    func aStreamThatBreaksIsBegunAnew(_ fault: String) async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        try await stage.produce(
            ProviderKind.allCases.map { request($0.rawValue, $0, "[fault \(fault) 1] [words 30] go \($0.rawValue)") })
        let chunks = try await chunks(stage, of: 5)
        for response in try await stage.read(stage.topics.responses, count: 5) {
            #expect(response.object["status"] as? String == "ok", "\(response.text)")
            // A connection that was used before, and ends without an answer, libcurl replaces by itself: that is no attempt.
            let isReplaced = fault == "disconnect" && codes(response) == [nil]
            #expect(
                isReplaced || codes(response).count == 2 && codes(response)[0] != nil && codes(response)[1] == nil, "\(response.text)")
            let own = try #require(chunks[response.key ?? ""])
            #expect(content(own) == message(response)["content"] as? String)
            #expect(own.count(where: isFinal) == 1)
            #expect(sequences(own).filter { $0 == 0 }.count <= 2)
        }
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 10)
        #expect(worker.isRunning)
    }

    @Test func aStreamThatCannotBeHadEndsWithItsError() async throws {
        let stage = try await stage(
            more: "retry: {max_attempts: 2, base_delay_ms: 5, max_delay_ms: 50}", http: "http: {idle_timeout_ms: 300}")
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        let faults = ["truncate": "stream_truncated", "corrupt": "stream_corrupt", "stall": "stream_stalled"]
        try await stage.produce(
            ProviderKind.allCases.flatMap { kind in
                faults.keys.map { request("\(kind.rawValue)-\($0)", kind, "[fault \($0)] [words 20] \(kind.rawValue)") }
            })
        let chunks = try await chunks(stage, of: 15)
        for response in try await stage.read(stage.topics.responses, count: 15) {
            let fault = try #require(response.key?.split(separator: "-").last.map(String.init))
            #expect((response.object["error"] as? [String: Any])?["code"] as? String == faults[fault], "\(response.text)")
            #expect(codes(response) == [faults[fault], faults[fault]])
            let last = try #require(chunks[response.key ?? ""]?.last)
            #expect(isFinal(last))
            #expect((last.object["error"] as? [String: Any])?["code"] as? String == faults[fault])
        }
        #expect(worker.isRunning)
    }

    @Test func chunksDoNotWaitForTransactions() async throws {
        let stage = try await stage(["delivery: exactly_once", "transaction_interval_ms: 50"])
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        try await stage.produce((0..<20).map { request("id-\($0)", .openai, "number \($0)") })
        let chunks = try await chunks(stage, of: 20)
        let responses = try await stage.read(stage.topics.responses, count: 20)
        for response in responses { #expect(content(chunks[response.key ?? ""] ?? []) == message(response)["content"] as? String) }
        #expect(chunks.values.joined().allSatisfy { $0.header("switchyard-transaction") == nil })
        #expect(worker.isRunning)
    }

    @Test func toolCallsAndReasoningAreStreamedToo() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        let tool =
            #"{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}"#
        try await stage.produce(
            ProviderKind.allCases.map { kind in
                Stage.Message(
                    key: kind.rawValue,
                    value: Array(
                        #"{"id":"\#(kind.rawValue)","model":"\#(kind.rawValue)/m","stream":true,"tools":[\#(tool)],"messages":[{"role":"user","content":"[tools 2] go"}]}"#
                            .utf8))
            })
        let chunks = try await chunks(stage, of: 5)
        for response in try await stage.read(stage.topics.responses, count: 5) {
            let calls = try #require(message(response)["tool_calls"] as? [[String: Any]], "\(response.text)")
            #expect(calls.count == 2)
            #expect(response.object["finish_reason"] as? String == "tool_calls")
            var arguments = ["", ""]
            for delta in chunks[response.key ?? ""] ?? [] {
                for call in (delta.object["delta"] as? [String: Any])?["tool_calls"] as? [[String: Any]] ?? [] {
                    arguments[call["index"] as? Int ?? 0] += (call["function"] as? [String: Any])?["arguments"] as? String ?? ""
                }
            }
            #expect(arguments == calls.map { ($0["function"] as? [String: Any])?["arguments"] as? String ?? "" })
        }
        #expect(worker.isRunning)
    }
}
