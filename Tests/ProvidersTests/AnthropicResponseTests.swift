import Envelope
import Providers
import Testing

@Suite struct AnthropicResponseTests {
    private func result(_ body: String) throws(ProviderError) -> ProviderResult {
        try answer(.chat, body, AnthropicFormat())
    }

    private func message(_ result: ProviderResult) -> String? { content(result).first ?? nil }

    @Test func readsATextAndItsUsage() throws {
        let result = try result(AnthropicFixtures.text)
        #expect(message(result) == #"{"role":"assistant","content":"Hi! My name is \"Claude\".\n☃"}"#)
        #expect(text(result, result.finishReason, body: "") == #""stop""#)
        #expect(text(result, result.model, body: "") == #""claude-sonnet-4-5-20250929""#)
        #expect(result.usage == Usage(input: 3943, output: 503, cached: 1800, cacheWrite: 2048, reasoning: 400))
        #expect(result.logprobs == nil)
    }

    @Test func readsToolCalls() throws {
        let result = try result(AnthropicFixtures.toolUse)
        #expect(
            message(result)
                == #"{"role":"assistant","content":"I'll look both up.","tool_calls":[{"id":"toolu_01A","type":"function","function":{"name":"get_weather","arguments":"{\"location\":\"San \\\"Fran\\\" CA\", \"unit\":\"celsius\"}"}},{"id":"toolu_01B","type":"function","function":{"name":"get_time","arguments":"{}"}}]}"#
        )
        #expect(text(result, result.finishReason, body: "") == #""tool_calls""#)
        #expect(result.usage == Usage(input: 472, output: 91))
    }

    @Test func readsThinking() throws {
        let result = try result(AnthropicFixtures.thinking)
        #expect(
            message(result)
                == #"{"role":"assistant","content":"27","reasoning_content":"First\nthen.","thinking_blocks":[{"type":"thinking","thinking":"First\nthen.","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"},{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"}]}"#
        )
        #expect(result.usage == Usage(input: 10, output: 20))
    }

    @Test func thinkingIsGivenBackAsItCame() throws {
        let answered = try #require(message(try result(AnthropicFixtures.thinking)))
        let next = try body(AnthropicFormat(), #"{"id":"a","messages":[{"role":"user","content":"x"},\#(answered)]}"#)
        #expect(
            next.contains(
                #""content":[{"type":"thinking","thinking":"First\nthen.","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"},{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"},{"type":"text","text":"27"}]"#
            ))
    }

    @Test func joinsTextsAndPassesToolsOfTheServerOver() throws {
        let result = try result(AnthropicFixtures.webSearch)
        let message = message(result)
        #expect(
            message?.hasPrefix(#"{"role":"assistant","content":"I'll search. Claude Shannon was born on April 30, 1916, in Petoskey.","#)
                == true)
        #expect(
            message?.hasSuffix(
                #""citations":[{"type":"web_search_result_location","url":"https://en.wikipedia.org/wiki/Claude_Shannon","title":"Claude Shannon","encrypted_index":"Eo8BCioIAhgB","cited_text":"born April 30"}]}"#
            ) == true)
        #expect(message?.contains("tool") == false)
    }

    @Test func readsARefusal() throws {
        let result = try result(AnthropicFixtures.refusal)
        #expect(message(result) == #"{"role":"assistant","content":null,"refusal":"This could enable cyber harm."}"#)
        #expect(text(result, result.finishReason, body: "") == #""content_filter""#)
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "stop"), ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"), ("tool_use", "tool_calls"), ("refusal", "content_filter"), ("new_word", "new_word"),
    ])
    func translatesWhyTheModelStopped(_ reason: String, _ expected: String) throws {
        let result = try result(#"{"content":[{"type":"text","text":"x"}],"stop_reason":"\#(reason)"}"#)
        #expect(text(result, result.finishReason, body: "") == "\"\(expected)\"")
    }

    @Test func takesAnAnswerWithNothingInIt() throws {
        let result = try result(#"{"content":[],"stop_reason":"end_turn"}"#)
        #expect(message(result) == #"{"role":"assistant","content":null}"#)
        #expect(try self.result(#"{"content":[{"type":"text","text":""}]}"#).finishReason == nil)
    }

    @Test(
        arguments: [
            ("", nil), (#","usage":null"#, nil), (#","usage":{}"#, nil), (#","usage":[1]"#, nil),
            (#","usage":{"input_tokens":-3,"output_tokens":1.5}"#, Usage(input: 0, output: 0)),
            (#","usage":{"output_tokens":2,"cache_read_input_tokens":"x"}"#, Usage(input: 0, output: 2)),
            (
                #","usage":{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,"cache_creation_input_tokens":9223372036854775807}"#,
                Usage(input: 3 << 40, output: 0, cached: 1 << 40, cacheWrite: 1 << 40)
            ),
        ] as [(String, Usage?)])
    func toleratesStrangeUsage(_ usage: String, _ expected: Usage?) throws {
        #expect(try result(#"{"content":[],"stop_reason":"end_turn"\#(usage)}"#).usage == expected)
    }

    @Test(arguments: [
        ("", "not valid JSON"), ("<html>", "not valid JSON"), (#"{"content":[{"type":"text","text":"cut"#, "not valid JSON"),
        ("[]", "\"content\" is not an array"), ("{}", "\"content\" is not an array"), (#"{"content":"x"}"#, "\"content\" is not an array"),
        (#"{"content":[]}"#, "no answer"), (#"{"content":[1]}"#, "no type"), (#"{"content":[{"text":"x"}]}"#, "no type"),
        (#"{"content":[{"type":"tool_use","name":"f","input":{}}]}"#, "no id or name"),
        (#"{"content":[{"type":"tool_use","id":"1","input":{}}]}"#, "no id or name"),
    ])
    func refusesMalformedAnswers(_ body: String, _ mention: String) throws {
        let error = try #require(throws: ProviderError.self) { try result(body) }
        #expect(error.code == .malformedResponse && error.retryable)
        #expect(error.message.contains(mention), "\(error.message)")
    }

    @Test func takesAnErrorBodyWithASuccessfulStatusForAnError() throws {
        let body = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#
        let error = try #require(throws: ProviderError.self) { try result(body) }
        #expect(error.code == .overloaded && error.retryable && error.message.hasSuffix("Overloaded"))
    }
}
