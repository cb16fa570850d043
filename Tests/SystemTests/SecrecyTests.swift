import Foundation
import TestSupport
import Testing

/// No key turns up in anything that is produced, whatever fails.
@Suite(.timeLimit(.minutes(4))) struct SecrecyTests {
    /// Keys as services make them, and ones that look like nothing in particular.
    private static let keys = [
        "KEY_A": "sk-proj-4f9Qz81LmXw0revoked7TbbKq2", "KEY_B": "plainwordsforbiddenaskey", "KEY_C": "gsk_Zx81exhausted0pQ9vTt4Lm",
        "KEY_D": "Hunter2-ok", "HEADER": "s3cret-header-value", "CACHE_KEY": "q8Zt0vXw3nB5kR7mJ1hL9sD2fG4aP6cE8uY0iO3xW5z=",
    ]

    private static let faults = [
        "rate_limited", "overloaded", "server_error", "auth", "permission", "not_found", "context_length", "content_filter", "quota",
        "disconnect", "malformed", "stall", "truncate", "corrupt", "stream_error", "no_usage",
    ]

    /// A provider that repeats what it was sent, key and all, in each of its refusals.
    private func parrot() throws -> ScriptedServer {
        try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let fields = request.components(separatedBy: "\r\n").filter {
                    $0.lowercased().hasPrefix("authorization") || $0.hasPrefix("X-Own")
                }
                let said = fields.joined(separator: " ").replacingOccurrences(of: "\"", with: "")
                let body = #"{"error":{"message":"Incorrect API key provided: \#(said)","type":"invalid_request_error"}}"#
                connection.write("HTTP/1.1 400 X\r\nX-Echo: \(said)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
    }

    @Test func noKeyIsInAnythingThatIsProduced() async throws {
        let parrot = try parrot()
        let stage = try await Stage(
            Stage.Options(
                partitions: 2, simulator: ["--latency-ms", "1"], worker: ["log_level: trace"],
                providers: { port in
                    ProviderKind.allCases.map { $0.line(port: port, keys: "api_keys: [env:KEY_A, env:KEY_B, env:KEY_C, env:KEY_D]") } + [
                        "parrot: {base_url: \"http://127.0.0.1:\(parrot.port)/v1\", api_keys: [env:KEY_A, env:KEY_B, env:KEY_C, env:KEY_D], headers: {X-Own: env:HEADER}}",
                        "gone: {base_url: \"http://127.0.0.1:9/v1\", api_key: env:KEY_D}",
                        "nameless: {base_url: \"http://no-such-host.invalid/v1\", api_key: env:KEY_D}",
                    ]
                },
                more:
                    "retry: {max_attempts: 2, base_delay_ms: 5, max_delay_ms: 50, max_total_s: 60}\nhttp: {idle_timeout_ms: 300, total_timeout_ms: 3000}\ncache: {mode: all}\nencryption: {key: env:CACHE_KEY}"
            ))
        let worker = try await stage.startWorker(environment: Self.keys)
        var messages: [Stage.Message] = []
        func add(_ model: String, _ text: String, isStreamed: Bool) {
            let id = "\(messages.count)"
            messages.append(
                Stage.Message(
                    key: id,
                    value: Array(
                        #"{"id":"\#(id)","model":"\#(model)/m-\#(id)","stream":\#(isStreamed),"messages":[{"role":"user","content":"\#(text) \#(id)"}]}"#
                            .utf8)))
        }
        for isStreamed in [false, true] {
            for kind in ProviderKind.allCases {
                for fault in Self.faults { add(kind.rawValue, "[fault \(fault)] [words 20]", isStreamed: isStreamed) }
            }
            for _ in 0..<8 { add("parrot", "x", isStreamed: isStreamed) }
            for provider in ["gone", "nameless"] { add(provider, "x", isStreamed: isStreamed) }
        }
        messages.append(Stage.Message(key: "bad", value: Array("garbage".utf8)))
        try await stage.produce(messages)
        let responses = try await stage.read(stage.topics.responses, count: messages.count - 1, atMost: .seconds(100))
        #expect(responses.contains { $0.object["status"] as? String == "error" && $0.text.contains("[masked]") })
        #expect(worker.isRunning)
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        var produced = ["log": worker.output]
        for topic in [stage.topics.chunks, stage.topics.events, stage.topics.deadLetters, stage.topics.retry] {
            guard try await stage.count(topic) > 0 else { continue }
            let messages = try await stage.read(topic) { !$0.isEmpty }
            produced[topic] = messages.map { "\($0.text) \($0.headers.map { String(decoding: $0.value, as: UTF8.self) })" }.joined()
        }
        produced[stage.topics.responses] = responses.map(\.text).joined()
        produced["redis"] = try await stage.redisContents()
        // What is looked through is not empty.
        for place in ["log", stage.topics.chunks, stage.topics.events, stage.topics.deadLetters, "redis"] {
            #expect((produced[place] ?? "").count > 100, "\(place)")
        }
        for (place, text) in produced {
            for (name, key) in Self.keys { #expect(!text.contains(key), "\(name) is in \(place)") }
        }
    }
}
