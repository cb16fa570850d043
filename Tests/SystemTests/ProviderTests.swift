import Foundation
import Synchronization
import TestSupport
import Testing

/// Requests in one dialect, answered by providers with five.
@Suite(.timeLimit(.minutes(4))) struct ProviderTests {
    private static let tool =
        #"{"type":"function","function":{"name":"weather","description":"w","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}"#
    private static let schema =
        #"{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}"#

    private func request(_ id: String, _ model: String, _ text: String, more: String = "") -> Stage.Message {
        Stage.Message(
            key: id, value: Array(#"{"id":"\#(id)","model":"\#(model)"\#(more),"messages":[{"role":"user","content":"\#(text)"}]}"#.utf8))
    }

    private func stage(_ keys: String = "api_key: env:PROVIDER_KEY", loops: Int = 2, worker: [String] = [], more: String = "") async throws
        -> Stage
    {
        try await Stage(
            Stage.Options(
                simulator: ["--latency-ms", "5"], worker: worker, loops: loops,
                providers: { port in ProviderKind.allCases.map { $0.line(port: port, keys: keys) } },
                more: more.isEmpty ? "retry: {base_delay_ms: 5, max_delay_ms: 50}" : more))
    }

    private func message(_ response: Stage.Message) -> [String: Any] { response.object["message"] as? [String: Any] ?? [:] }

    private func code(_ response: Stage.Message) -> String? { (response.object["error"] as? [String: Any])?["code"] as? String }

    @Test(arguments: ProviderKind.allCases) func everyKindAnswersInTheSameWay(_ kind: ProviderKind) async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        let format = #","response_format":{"type":"json_schema","json_schema":{"name":"person","schema":\#(Self.schema)}}"#
        try await stage.produce([
            request("text", "\(kind.rawValue)/m", "hello", more: #","max_tokens":400,"temperature":0.2"#),
            request("tools", "\(kind.rawValue)/m", "[tools 2] go", more: #","tools":[\#(Self.tool)]"#),
            request("json", "\(kind.rawValue)/m", "a person", more: format),
            request("cut", "\(kind.rawValue)/m", "[words 50] go", more: #","max_tokens":7"#),
        ])
        let responses = Dictionary(
            try await stage.read(stage.topics.responses, count: 4).map { ($0.key ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        for response in responses.values { #expect(response.object["status"] as? String == "ok", "\(response.text)") }
        let text = try #require(responses["text"])
        #expect((message(text)["content"] as? String)?.isEmpty == false)
        #expect(text.object["finish_reason"] as? String == "stop")
        #expect((text.object["usage"] as? [String: Any])?["input"] as? Int ?? 0 > 0)
        let tools = try #require(responses["tools"])
        let calls = message(tools)["tool_calls"] as? [[String: Any]] ?? []
        #expect(calls.count == 2 && Set(calls.compactMap { $0["id"] as? String }).count == 2)
        #expect(tools.object["finish_reason"] as? String == "tool_calls")
        for call in calls {
            let arguments = (call["function"] as? [String: Any])?["arguments"] as? String ?? ""
            #expect((try JSONSerialization.jsonObject(with: Data(arguments.utf8)) as? [String: Any])?["city"] is String)
        }
        let json = message(try #require(responses["json"]))["content"] as? String ?? ""
        #expect((try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])?["age"] is Int)
        #expect(responses["cut"]?.object["finish_reason"] as? String == "length")
        #expect(worker.isRunning)
    }

    @Test func whatAProviderHasNotIsRefusedByName() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        let embedding = Array(#"{"id":"embedding","model":"anthropic/m","input":"x"}"#.utf8)
        try await stage.produce([
            request("anthropic", "anthropic/m", "x", more: #","seed":1"#),
            request("gemini", "gemini/m", "x", more: #","logit_bias":{"1":2}"#),
            request("cohere", "cohere/m", "x", more: #","n":2"#),
            Stage.Message(key: "embedding", value: embedding),
        ])
        for response in try await stage.read(stage.topics.responses, count: 4) {
            #expect(code(response) == "unsupported")
            let reason = (response.object["error"] as? [String: Any])?["message"] as? String ?? ""
            #expect(reason.contains(response.key == "embedding" ? "anthropic" : response.key ?? "-"), "\(reason)")
        }
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 0)
        #expect(worker.isRunning)
    }

    @Test func embeddingsComeFromThoseThatHaveThem() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        let kinds: [ProviderKind] = [.openai, .gemini, .cohere]
        try await stage.produce(
            kinds.map {
                Stage.Message(
                    key: $0.rawValue,
                    value: Array(#"{"id":"\#($0.rawValue)","model":"\#($0.rawValue)/m","input":["a","b","c"],"dimensions":16}"#.utf8))
            })
        for response in try await stage.read(stage.topics.responses, count: 3) {
            let embeddings = try #require(response.object["embeddings"] as? [[Double]], "\(response.text)")
            #expect(embeddings.map(\.count) == [16, 16, 16])
        }
        #expect(worker.isRunning)
    }

    @Test(arguments: ["revoked", "exhausted", "forbidden"])
    func aRefusedKeyIsSetAsideWithAnEvent(_ fate: String) async throws {
        let stage = try await stage("api_keys: [env:BAD_KEY, env:GOOD_KEY]", loops: 1)
        let bad = "sk-\(fate)-0123456789"
        let worker = try await stage.startWorker(environment: ["BAD_KEY": bad, "GOOD_KEY": "sk-good-0123456789"])
        for round in 0..<2 {
            try await stage.produce(
                ProviderKind.allCases.flatMap { kind in
                    (0..<10).map { request("\(kind.rawValue)-\(round)-\($0)", "\(kind.rawValue)/m", "number \(round) \($0)") }
                })
            let responses = try await stage.read(stage.topics.responses, count: 50 * (round + 1))
            #expect(responses.allSatisfy { $0.object["status"] as? String == "ok" }, "\(responses.map(\.text))")
        }
        let events = try await stage.read(stage.topics.events) { events in
            Set(events.filter { $0.object["event"] as? String == "key.set_aside" }.map { $0.key ?? "" }).count >= 5
        }.filter { $0.object["event"] as? String == "key.set_aside" }
        #expect(Set(events.compactMap { $0.object["provider"] as? String }) == Set(ProviderKind.allCases.map(\.rawValue)))
        #expect(events.count == 5)
        #expect(events.allSatisfy { $0.object["key"] as? Int == 1 })
        // In the second round nobody calls with it.
        let responses = try await stage.read(stage.topics.responses, count: 100)
        let second = responses.filter { $0.key?.split(separator: "-")[1] == "1" }
        #expect(second.allSatisfy { ($0.object["attempts"] as? [[String: Any]])?.count == 1 })
        #expect(!worker.output.contains(bad))
    }

    @Test func aWaitThatIsLongerThanTheLongestRetryTopicIsKept() async throws {
        let count = Atomic(0)
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                let isFirst = count.wrappingAdd(1, ordering: .relaxed).newValue == 1
                let body = #"{"choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}]}"#
                let refusal = #"{"error":{"message":"wait"}}"#
                connection.write(
                    isFirst
                        ? "HTTP/1.1 429 X\r\nRetry-After: 4\r\nContent-Length: \(refusal.utf8.count)\r\n\r\n\(refusal)"
                        : "HTTP/1.1 200 X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
        let stage = try await Stage(
            Stage.Options(
                partitions: 1,
                providers: { _ in ["slow: {base_url: \"http://127.0.0.1:\(server.port)/v1\"}"] }, more: "retry: {in_memory_max_ms: 50}"))
        let worker = try await stage.startWorker()
        try await stage.produce([request("q", "slow/m", "first")])
        let response = try #require(try await stage.read(stage.topics.responses, count: 1).first)
        #expect(response.object["status"] as? String == "ok", "\(response.text)")
        // The retry topic keeps a request for two seconds: it was handed on once more.
        let retries = try await stage.read(stage.topics.retry, count: 2)
        #expect(retries.map { $0.header("switchyard-generation") } == ["1", "2"])
        #expect(((response.object["timings"] as? [String: Any])?["limited"] as? Double ?? 0) >= 3_900)
        #expect(worker.isRunning)
    }
}
