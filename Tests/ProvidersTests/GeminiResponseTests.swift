import Envelope
import Foundation
import Providers
import Testing

@Suite struct GeminiResponseTests {
    /// The message, parsed.
    private func message(_ body: String) throws -> NSDictionary {
        let text = try #require(content(answer(.chat, body, GeminiFixtures.format)).first ?? nil)
        return try #require(GeminiFixtures.json(text) as? NSDictionary)
    }

    @Test func readsAnAnswer() throws {
        let result = try answer(.chat, GeminiFixtures.answer, GeminiFixtures.format)
        #expect(content(result) == [#"{"role":"assistant","content":"The capital is \u00abParis\u00bb.\n"}"#])
        #expect(text(result, result.finishReason, body: "") == #""stop""#)
        #expect(text(result, result.model, body: "") == #""gemini-3-pro-preview""#)
        #expect(result.usage == Usage(input: 12, output: 50, cached: 3, reasoning: 45))
        #expect(result.logprobs == nil)
    }

    @Test func keepsReasoningApart() throws {
        let message = try message(
            GeminiFixtures.candidate(
                #"{"text":"Hm, ","thought":true},{"text":"so.","thought":true},{"text":"A","thought":false},{"executableCode":{"language":"PYTHON","code":"1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}},{"text":"B","thoughtSignature":"eA=="},{"inlineData":{"mimeType":"image/png","data":"Zm9v"},"thought":true}"#
            ))
        #expect(try message == GeminiFixtures.json(#"{"role":"assistant","content":"AB","reasoning_content":"Hm, so."}"#))
    }

    @Test func readsToolCalls() throws {
        let body = GeminiFixtures.candidate(
            #"""
            {"text":"I look."},{"functionCall":{"name":"weather","args":{ "city" : "a \"b\\", "n":[ 1, 2 ] }},"thoughtSignature":"c2ln"},
            {"functionCall":{"id":"fc-1","name":"time","args":{}}},{"functionCall":{"name":"time"}}
            """#)
        let result = try answer(.chat, body, GeminiFixtures.format)
        #expect(text(result, result.finishReason, body: "") == #""tool_calls""#)
        #expect(
            try message(body)
                == GeminiFixtures.json(
                    #"""
                    {"role":"assistant","content":"I look.","tool_calls":[
                    {"id":"call_0_weather","type":"function","function":{"name":"weather","arguments":"{\"city\":\"a \\\"b\\\\\",\"n\":[1,2]}"},
                    "extra_content":{"google":{"thought_signature":"c2ln"}}},
                    {"id":"fc-1","type":"function","function":{"name":"time","arguments":"{}"}},
                    {"id":"call_2_time","type":"function","function":{"name":"time","arguments":"{}"}}]}
                    """#))
    }

    @Test func readsImagesAndCitations() throws {
        let message = try message(
            GeminiFixtures.candidate(
                #"{"inlineData":{"mimeType":"image/png","data":"iVB/"}}"#,
                more:
                    #","citationMetadata":{"citationSources":[{"startIndex":1,"uri":"https://e.com"}]},"groundingMetadata":{"webSearchQueries":["q"]}"#
            ))
        #expect(
            try message
                == GeminiFixtures.json(
                    #"""
                    {"role":"assistant","content":null,"citations":[{"startIndex":1,"uri":"https://e.com"},{"webSearchQueries":["q"]}],
                    "images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVB/"}}]}
                    """#))
    }

    @Test func readsSeveralCandidates() throws {
        let body =
            #"""
            {"candidates":[{"content":{"parts":[{"text":"A"}]},"finishReason":"STOP"},
            {"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP","index":1},
            {"content":{"parts":[{"text":"B"}]},"finishReason":"MAX_TOKENS","index":2}]}
            """#
        let result = try answer(.chat, body, GeminiFixtures.format)
        guard case .message(_, let choices) = result.content else { throw ProviderError(code: .internal, message: "no message") }
        #expect(
            try GeminiFixtures.json(#require(text(result, choices, body: "")))
                == GeminiFixtures.json(
                    #"""
                    [{"index":0,"message":{"role":"assistant","content":"A"},"finish_reason":"stop"},
                    {"index":1,"message":{"role":"assistant","content":null,"tool_calls":[
                    {"id":"call_0_f","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"},
                    {"index":2,"message":{"role":"assistant","content":"B"},"finish_reason":"length"}]
                    """#))
    }

    @Test func readsLogprobs() throws {
        let body = GeminiFixtures.candidate(
            #"{"text":"é!"}"#,
            more: #"""
                ,"logprobsResult":{"topCandidates":[{"candidates":[{"token":"é","tokenId":1,"logProbability":-0.5},{"token":"e","tokenId":2,"logProbability":"-Infinity"}]}],
                "chosenCandidates":[{"token":"é","tokenId":1,"logProbability":-0.5},{"token":"!","tokenId":3}],"logProbabilitySum":-0.5}
                """#)
        let result = try answer(.chat, body, GeminiFixtures.format)
        #expect(
            try GeminiFixtures.json(#require(text(result, result.logprobs, body: "")))
                == GeminiFixtures.json(
                    #"""
                    {"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[
                    {"token":"é","logprob":-0.5,"bytes":[195,169]},{"token":"e","logprob":-9999.0,"bytes":[101]}]},
                    {"token":"!","logprob":0,"bytes":[33],"top_logprobs":[]}]}
                    """#))
    }

    @Test(arguments: [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("CONTINUATION", "length"), ("TOO_MANY_TOOL_CALLS", "length"),
        ("SAFETY", "content_filter"), ("RECITATION", "content_filter"), ("LANGUAGE", "content_filter"), ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"), ("MODEL_ARMOR", "content_filter"),
        ("ESCALATION", "content_filter"), ("PUP_LIMITED_DISABLED", "content_filter"), ("IMAGE_SAFETY", "content_filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter"), ("IMAGE_RECITATION", "content_filter"), ("IMAGE_OTHER", "content_filter"),
        ("OTHER", "content_filter"), ("UNHEARD_OF", "UNHEARD_OF"),
    ])
    func translatesWhyItStopped(_ reason: String, _ expected: String) throws {
        let result = try answer(.chat, GeminiFixtures.candidate(#"{"text":"x"}"#, finish: reason), GeminiFixtures.format)
        #expect(text(result, result.finishReason, body: "") == "\"\(expected)\"")
        let empty = try answer(.chat, #"{"candidates":[{"finishReason":"\#(reason)"}]}"#, GeminiFixtures.format)
        #expect(content(empty) == [#"{"role":"assistant","content":null}"#])
    }

    @Test(arguments: ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "NO_IMAGE"])
    func retriesWhatTheModelSpoilt(_ reason: String) {
        let error = #expect(throws: ProviderError.self) {
            try answer(
                .chat, GeminiFixtures.candidate("", finish: reason, more: #","finishMessage":"print(secret)""#), GeminiFixtures.format)
        }
        #expect(error?.code == .malformedResponse && error?.retryable == true)
        #expect(error?.message.contains(reason) == true && error?.message.contains("secret") == false)
    }

    @Test func refusesConversationsWithoutSignatures() {
        let error = #expect(throws: ProviderError.self) {
            try answer(.chat, GeminiFixtures.candidate("", finish: "MISSING_THOUGHT_SIGNATURE"), GeminiFixtures.format)
        }
        #expect(error?.code == .providerInvalidRequest && error?.retryable == false)
    }

    @Test(arguments: ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
    func reportsBlockedPrompts(_ reason: String) {
        for candidates in ["", #""candidates":[],"#] {
            let error = #expect(throws: ProviderError.self) {
                try answer(
                    .chat, #"{\#(candidates)"promptFeedback":{"blockReason":"\#(reason)"},"usageMetadata":{"promptTokenCount":4}}"#,
                    GeminiFixtures.format)
            }
            #expect(error?.code == .contentFiltered && error?.retryable == false)
            #expect(error?.message.contains(reason) == true)
        }
    }

    @Test(arguments: [
        "", "x", "[]", "3", "{}", #"{"candidates":[]}"#, #"{"candidates":[{}]}"#, #"{"candidates":{"a":1}}"#,
        #"{"candidates":[{"content":{"role":"model"}}]}"#, #"{"candidates":[{"content":{"parts":[]},"finishReason":null}]}"#,
        #"{"candidates":[{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}"#, #"{"candidates":[{"finishReason":"STOP","index":1}]}"#,
        #"{"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]},"finishReason":"STOP"}]}"#,
        #"{"promptFeedback":{"safetyRatings":[]}}"#,
    ])
    func refusesAnswersWithoutAny(_ body: String) {
        let error = #expect(throws: ProviderError.self) { try answer(.chat, body, GeminiFixtures.format) }
        #expect(error?.code == .malformedResponse && error?.retryable == true, "\(error as Any)")
    }

    @Test func classifiesErrorsUnderASuccessfulStatus() {
        let error = #expect(throws: ProviderError.self) {
            try answer(.chat, GeminiFixtures.error(503, "UNAVAILABLE", "The model is overloaded."), GeminiFixtures.format)
        }
        #expect(error?.code == .overloaded && error?.status == 503)
    }

    // MARK: Embeddings

    @Test func readsEmbeddings() throws {
        let body = #"{"embeddings":[{"values":[0.5,-1]},{"values":[2e-3]}],"usageMetadata":{"promptTokenCount":6}}"#
        let result = try answer(.embedding, body, GeminiFixtures.format)
        #expect(content(result, body: body) == ["[0.5,-1]", "[2e-3]"])
        #expect(result.usage == Usage(input: 6, output: 0))
        #expect(try answer(.embedding, #"{"embeddings":[{"values":[]}]}"#, GeminiFixtures.format).usage == nil)
    }

    @Test(arguments: ["{}", #"{"embeddings":[]}"#, #"{"embeddings":[{}]}"#, #"{"embeddings":[{"values":"x"}]}"#, #"{"embeddings":{}}"#])
    func refusesAnswersWithoutEmbeddings(_ body: String) {
        #expect(#expect(throws: ProviderError.self) { try answer(.embedding, body, GeminiFixtures.format) }?.code == .malformedResponse)
    }

    @Test func countsNoTokensThatCannotBe() throws {
        let usage = #"{"promptTokenCount":9223372036854775807,"toolUsePromptTokenCount":9223372036854775807,"candidatesTokenCount":-5}"#
        let result = try answer(
            .chat, #"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":\#(usage)}"#, GeminiFixtures.format)
        #expect(result.usage == Usage(input: 1 << 41, output: 0))
        #expect(
            try answer(.chat, #"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"totalTokenCount":3}}"#, GeminiFixtures.format)
                .usage
                == nil)
    }
}
