import Envelope
import Providers
import Testing

@Suite struct CohereResponseTests {
    private func read(_ body: String, _ type: RequestType = .chat) throws(ProviderError) -> ProviderResult {
        try answer(type, body, CohereFormat())
    }

    @Test func readsAnAnswer() throws {
        let result = try read(CohereFixtures.chat)
        #expect(content(result) == [#"{"role":"assistant","content":"LLMs are \"large\" language\nmodels. \u2603"}"#])
        #expect(text(result, result.finishReason, body: "") == "\"stop\"")
        #expect(result.usage == Usage(input: 5, output: 418))
        #expect(result.model == nil && result.logprobs == nil)
    }

    @Test func readsToolCallsAndTheirPlan() throws {
        let result = try read(CohereFixtures.toolCalls)
        #expect(
            content(result) == [
                #"{"role":"assistant","content":null,"reasoning_content":"I will search for the weather.","tool_calls":[{"id":"get_weather_p1t92w7gfgq7","type":"function","function":{"name":"get_weather","arguments":"{\n    \"location\": \"Madrid\"\n}"}},{"id":"get_weather_ay6nmvjgp9vn","type":"function","function":{"name":"get_weather","arguments":"{}"}}]}"#
            ])
        #expect(text(result, result.finishReason, body: "") == "\"tool_calls\"")
        #expect(result.usage == Usage(input: 37, output: 28, cached: 37))
    }

    @Test func readsThoughtsAndCitations() throws {
        let reasoning = try read(CohereFixtures.reasoning)
        #expect(content(reasoning) == [#"{"role":"assistant","content":"Four sisters.","reasoning_content":"Let me see. 4."}"#])
        #expect(reasoning.usage == Usage(input: 30, output: 900))
        let cited = try read(CohereFixtures.citations)
        #expect(
            content(cited) == [
                #"{"role":"assistant","content":"It is 24°C.","citations":[{"start":6,"end":10,"text":"24°C","sources":[{"type":"tool","id":"get_weather_p1t92w7gfgq7:0","tool_output":{"temperature":"24°C"}}],"type":"TEXT_CONTENT"},{"start":0,"end":2,"text":"It","sources":[],"content_index":0}]}"#
            ])
        #expect(cited.usage == nil)
    }

    @Test func sumsTheLogProbabilitiesOfATextsTokens() throws {
        let result = try read(
            #"{"message":{"content":[{"type":"text","text":"Hi!"}]},"finish_reason":"COMPLETE","logprobs":[{"text":"Hi","token_ids":[1,2],"logprobs":[-0.5,-0.25]},{"text":"\"","token_ids":[3],"logprobs":[-2]},{"text":"x","token_ids":[4]},{"text":"y","token_ids":[4],"logprobs":[]}]}"#
        )
        #expect(
            text(result, result.logprobs, body: "")
                == #"{"content":[{"token":"Hi","logprob":-0.75,"bytes":null,"top_logprobs":[]},{"token":"\"","logprob":-2.0,"bytes":null,"top_logprobs":[]}]}"#
        )
    }

    @Test(arguments: [
        ("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls"), ("ERROR_LIMIT", "length"),
        ("ERROR_TOXIC", "content_filter"), ("USER_CANCEL", "USER_CANCEL"),
    ])
    func tellsWhyTheModelStopped(_ reason: String, _ expected: String) throws {
        let result = try read(#"{"message":{"role":"assistant","content":[]},"finish_reason":"\#(reason)"}"#)
        #expect(text(result, result.finishReason, body: "") == "\"\(expected)\"")
        #expect(content(result) == [#"{"role":"assistant","content":null}"#])
    }

    @Test(arguments: [("ERROR", ErrorCode.serverError), ("TIMEOUT", .timeout)])
    func takesAFailureOfTheModelForAnError(_ reason: String, _ code: ErrorCode) {
        let error = #expect(throws: ProviderError.self) {
            try read(#"{"message":{"content":[{"type":"text","text":"half"}]},"finish_reason":"\#(reason)"}"#)
        }
        #expect(error?.code == code)
        #expect(error?.retryable == true)
    }

    @Test(
        arguments: [
            ("null", nil), ("{}", nil), (#"{"tokens":{"input_tokens":3}}"#, Usage(input: 3, output: 0)),
            (#"{"billed_units":{"input_tokens":2},"tokens":{"input_tokens":3,"output_tokens":4}}"#, Usage(input: 2, output: 4)),
            (#"{"billed_units":{"output_tokens":2}}"#, Usage(input: 0, output: 2)),
            (
                #"{"billed_units":{"input_tokens":100.0,"output_tokens":1e1},"cached_tokens":64.0}"#,
                Usage(input: 100, output: 10, cached: 64)
            ),
            (#"{"billed_units":{"input_tokens":-5,"output_tokens":1e300}}"#, Usage(input: 0, output: 0)),
            (#"{"billed_units":{"input_tokens":"5","search_units":1}}"#, Usage(input: 0, output: 0)),
        ] as [(String, Usage?)])
    func countsWhatIsCharged(_ usage: String, _ expected: Usage?) throws {
        #expect(try read(#"{"message":{},"finish_reason":"COMPLETE","usage":\#(usage)}"#).usage == expected)
    }

    @Test func readsEmbeddings() throws {
        let result = try read(CohereFixtures.embeddings, .embedding)
        #expect(content(result, body: CohereFixtures.embeddings) == ["[0.5,-0.25]", "[1e-3,2]"])
        #expect(result.usage == Usage(input: 2, output: 0))
        let base64 = #"{"embeddings":{"float":null,"base64":["AACAPw==","AAAAQA=="]}}"#
        #expect(content(try read(base64, .embedding), body: base64) == ["\"AACAPw==\"", "\"AAAAQA==\""])
        let bytes = #"{"embeddings":{"int8":[[1,-2]]}}"#
        #expect(content(try read(bytes, .embedding), body: bytes) == ["[1,-2]"])
        let plain = #"{"response_type":"embeddings_floats","embeddings":[[1],[2]]}"#
        #expect(content(try read(plain, .embedding), body: plain) == ["[1]", "[2]"])
    }

    @Test(arguments: [
        (RequestType.chat, "", "not valid JSON"), (.chat, "[]", "an array"), (.chat, "{}", "\"message\" is missing"),
        (.chat, #"{"message":7}"#, "\"message\" is missing"), (.chat, #"{"message":{"content":[]}}"#, "no answer"),
        (.chat, #"{"message":{"content":[{"type":"text","text":"cut"#, "not valid JSON"),
        (.embedding, "{}", "\"embeddings\" is missing"), (.embedding, #"{"embeddings":{}}"#, "\"embeddings\" is empty"),
        (.embedding, #"{"embeddings":{"float":[]}}"#, "\"embeddings\" is empty"), (.embedding, #"{"embeddings":[7]}"#, "a number"),
        (.embedding, #"{"embeddings":"x"}"#, "\"embeddings\" is empty"),
    ])
    func refusesMalformedAnswers(_ type: RequestType, _ body: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try read(body, type) }
        #expect(error?.code == .malformedResponse)
        #expect(error?.retryable == true)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
    }

    @Test func takesAnErrorBodyWithASuccessfulStatusForAnError() {
        let error = #expect(throws: ProviderError.self) { try read(#"{"id":"a","message":"internal error"}"#) }
        #expect(error?.code == .serverError)
        #expect(error?.message.hasSuffix("internal error") == true)
    }
}
