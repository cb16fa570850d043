import Foundation
import TestSupport
import Testing

/// Requests and answers of many megabytes.
@Suite(.timeLimit(.minutes(4))) struct LargeMessageTests {
    /// Nine letters a word make two million.
    private static let words = 320_000

    @Test(
        .enabled(if: BrokerUnderTest.isEmbedded, "another's broker has its own limits"),
        arguments: [ProviderKind.openai, .anthropic, .gemini])
    func aLargePictureAndALargeAnswerGoThrough(_ kind: ProviderKind) async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5"], worker: ["max_request_bytes: 40MiB"],
                kafka: "producer: {message.max.bytes: 40000000}", providers: ProviderKind.lines))
        let worker = try await stage.startWorker(environment: ProviderKind.environment)
        // 20,000,000 bytes, in base64.
        let picture = String(repeating: "iVBORw0KGgoAAAANSUhEUgAAAAE/", count: 26_666_668 / 28 + 1).prefix(26_666_668)
        let parts =
            #"[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(picture)"}},{"type":"text","text":"[words \#(Self.words)] go"}]"#
        try await stage.produce(
            [
                Stage.Message(
                    key: "big",
                    value: Array(
                        #"{"id":"big","model":"\#(kind.rawValue)/m","max_tokens":1000000,"messages":[{"role":"user","content":\#(parts)}]}"#
                            .utf8))
            ])
        let response = try #require(try await stage.read(stage.topics.responses, count: 1).first)
        #expect(response.object["status"] as? String == "ok", "\(response.text.prefix(500))")
        let content = (response.object["message"] as? [String: Any])?["content"] as? String ?? ""
        #expect(content.utf8.count > 2_000_000)
        #expect(content.split(separator: " ").count == Self.words)
        #expect(worker.isRunning)
    }
}
