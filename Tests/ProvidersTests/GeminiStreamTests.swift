import Envelope
import Foundation
import Providers
import Testing

@Suite struct GeminiStreamTests {
    private func streamed(_ events: [String]) throws(ProviderError) -> Streamed {
        try Streamed(.chat, events.map { ("message", $0) }, GeminiFixtures.format)
    }

    private func message(_ streamed: Streamed) throws -> NSObject? {
        try GeminiFixtures.json(#require(content(streamed.builder.result()).first ?? nil))
    }

    @Test func joinsPieces() throws {
        let streamed = try streamed([
            #"{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"thoughtsTokenCount":4},"modelVersion":"gemini-3-pro"}"#,
            GeminiFixtures.candidate(#"{"text":"Par"}"#, finish: nil),
            GeminiFixtures.candidate(#"{"text":"is.\n"}"#, finish: nil),
            #"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"eA=="}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,"thoughtsTokenCount":9}}"#,
        ])
        #expect(
            streamed.deltas == [
                #"{"role":"assistant","reasoning_content":"Hm."}"#, #"{"content":"Par"}"#, #"{"content":"is.\n"}"#,
            ])
        #expect(streamed.builder.isComplete && !streamed.builder.isEnded)
        #expect(try message(streamed) == GeminiFixtures.json(#"{"role":"assistant","content":"Paris.\n","reasoning_content":"Hm."}"#))
        let result = try streamed.builder.result()
        #expect(result.usage == Usage(input: 8, output: 12, reasoning: 9))
        #expect(text(result, result.finishReason, body: "") == #""stop""#)
        #expect(text(result, result.model, body: "") == #""gemini-3-pro""#)
    }

    @Test func streamsParallelCalls() throws {
        let streamed = try streamed([
            GeminiFixtures.candidate(#"{"functionCall":{"name":"f","args":{"a":"\n"}},"thoughtSignature":"eA=="}"#, finish: nil),
            GeminiFixtures.candidate(#"{"functionCall":{"name":"f","args":{}}},{"functionCall":{"id":"x","name":"g"}}"#, finish: nil),
            #"{"candidates":[{"finishReason":"STOP"}]}"#,
        ])
        #expect(
            streamed.deltas == [
                #"{"role":"assistant","tool_calls":[{"index":0,"id":"call_0_f","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"eA=="}}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":\"\\n\"}"}}]}"#,
                #"{"tool_calls":[{"index":1,"id":"call_1_f","type":"function","function":{"name":"f","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
                #"{"tool_calls":[{"index":2,"id":"x","type":"function","function":{"name":"g","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":2,"function":{"arguments":"{}"}}]}"#,
            ])
        #expect(streamed.builder.finishReason.map { String(decoding: $0, as: UTF8.self) } == #""tool_calls""#)
    }

    @Test func keepsCandidatesApart() throws {
        func event(_ index: Int, _ text: String, _ finish: String = "") -> String {
            #"{"candidates":[{"content":{"parts":[{"text":"\#(text)"}]},"index":\#(index)\#(finish)}],"usageMetadata":{"candidatesTokenCount":1}}"#
        }
        let stop = #","finishReason":"STOP""#
        let part = try streamed([event(0, "a"), event(1, "b"), event(0, "c", stop)])
        #expect(!part.builder.isComplete && !part.builder.isEnded)
        let whole = try streamed([event(0, "a", stop), event(1, "b"), event(1, "c", stop)])
        #expect(whole.builder.isComplete)
        guard case .message(_, let choices) = try whole.builder.result().content else { return }
        #expect(text(try whole.builder.result(), choices, body: "")?.contains(#""content":"bc""#) == true)
    }

    @Test func doesNotTakeAPartForTheWhole() throws {
        #expect(try !streamed([GeminiFixtures.candidate(#"{"text":"x"}"#, finish: nil)]).builder.isComplete)
        #expect(try !streamed([GeminiFixtures.candidate(#"{"text":"x"}"#, finish: "FINISH_REASON_UNSPECIFIED")]).builder.isComplete)
        #expect(try !streamed([#"{"usageMetadata":{"promptTokenCount":3}}"#]).builder.isComplete)
        #expect(try streamed([GeminiFixtures.candidate(#"{"text":"x"}"#, finish: "MAX_TOKENS"), "{}"]).builder.isComplete)
    }

    @Test(arguments: ["", "[DONE]", "{", #"{"candidates":[{"content":{"par"#, "3", "[]", #""x""#])
    func refusesCorruptEvents(_ data: String) {
        let error = #expect(throws: ProviderError.self) { try streamed([GeminiFixtures.candidate(#"{"text":"x"}"#, finish: nil), data]) }
        #expect(error?.code == .streamCorrupt && error?.retryable == true)
    }

    @Test(arguments: [
        #"{"candidates":[{"index":-1,"finishReason":"STOP"}]}"#, #"{"candidates":[{"index":1000000000,"finishReason":"STOP"}]}"#,
    ])
    func refusesImpossibleCandidates(_ data: String) {
        #expect(#expect(throws: ProviderError.self) { try streamed([data]) }?.code == .streamCorrupt)
    }

    @Test func reportsErrorsInStreams() {
        let overloaded = GeminiFixtures.error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        for data in [overloaded, "[\(overloaded)]", #"{"error":{"message":"m","status":"UNAVAILABLE"}}"#] {
            let error = #expect(throws: ProviderError.self) {
                try streamed([GeminiFixtures.candidate(#"{"text":"x"}"#, finish: nil), data])
            }
            #expect(error?.code == .overloaded && error?.retryable == true && error?.status == 503)
        }
        let limited = #expect(throws: ProviderError.self) {
            try streamed([GeminiFixtures.error(429, "RESOURCE_EXHAUSTED", "Quota exceeded", details: GeminiFixtures.retryInfo)])
        }
        #expect(limited?.code == .rateLimited && limited?.retryAfterMilliseconds == 37_000)
        let invalid = #expect(throws: ProviderError.self) { try streamed([GeminiFixtures.error(400, "INVALID_ARGUMENT", "bad")]) }
        #expect(invalid?.code == .providerInvalidRequest && invalid?.retryable == false)
        let unnamed = #expect(throws: ProviderError.self) { try streamed([#"{"error":"boom"}"#]) }
        #expect(unnamed?.code == .serverError && unnamed?.retryable == true && unnamed?.message.contains("boom") == true)
    }

    @Test func reportsBlockedPromptsAndSpoiltCalls() {
        let blocked = #expect(throws: ProviderError.self) { try streamed([#"{"promptFeedback":{"blockReason":"SAFETY"}}"#]) }
        #expect(blocked?.code == .contentFiltered)
        let spoilt = #expect(throws: ProviderError.self) {
            try streamed([
                GeminiFixtures.candidate(#"{"text":"x"}"#, finish: nil), GeminiFixtures.candidate("", finish: "MALFORMED_FUNCTION_CALL"),
            ])
        }
        #expect(spoilt?.code == .malformedResponse && spoilt?.retryable == true)
    }
}
