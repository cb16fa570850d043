import Envelope
import Providers
import Testing

@Suite struct AnthropicStreamTests {
    private func streamed(_ stream: String) throws(ProviderError) -> Streamed {
        try Streamed(.chat, AnthropicFixtures.events(stream), AnthropicFormat())
    }

    private func streamed(_ data: [String]) throws(ProviderError) -> Streamed {
        try Streamed(.chat, data.map { (type: "message", data: $0) }, AnthropicFormat())
    }

    private func message(_ streamed: Streamed) throws -> String? { content(try streamed.builder.result()).first ?? nil }

    private let start = #"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#
    private let stop = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#

    @Test func readsATextAndItsUsage() throws {
        let streamed = try streamed(AnthropicFixtures.textStream)
        #expect(streamed.deltas == [#"{"role":"assistant","content":"Hello"}"#, #"{"content":"\n\"you\""}"#])
        #expect(try message(streamed) == #"{"role":"assistant","content":"Hello\n\"you\""}"#)
        let result = try streamed.builder.result()
        #expect(text(result, result.finishReason, body: "") == #""stop""#)
        #expect(text(result, result.model, body: "") == #""claude-opus-4-8""#)
        #expect(result.usage == Usage(input: 35, output: 15, cached: 3, cacheWrite: 7, reasoning: 4))
        #expect(streamed.builder.isComplete && streamed.builder.isEnded)
    }

    @Test func readsParallelToolCallsAndPassesTheServersOver() throws {
        let streamed = try streamed(AnthropicFixtures.toolStream)
        #expect(
            streamed.deltas == [
                #"{"role":"assistant","content":"Okay"}"#,
                #"{"tool_calls":[{"index":0,"id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","type":"function","function":{"name":"get_weather","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"location\":"}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":" \"Paris\"}"}}]}"#,
                #"{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"get_time","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
            ])
        #expect(
            try message(streamed)
                == #"{"role":"assistant","content":"Okay","tool_calls":[{"id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","type":"function","function":{"name":"get_weather","arguments":"{\"location\": \"Paris\"}"}},{"id":"toolu_2","type":"function","function":{"name":"get_time","arguments":"{}"}}]}"#
        )
        #expect(streamed.builder.finishReason == Array(#""tool_calls""#.utf8))
        #expect(streamed.builder.usage == Usage(input: 472, output: 89))
    }

    @Test func readsThinkingAndCitations() throws {
        let streamed = try streamed(AnthropicFixtures.thinkingStream)
        #expect(
            streamed.deltas == [
                #"{"role":"assistant","reasoning_content":"I need\n"}"#, #"{"reasoning_content":"the GCD"}"#, #"{"content":"21"}"#,
            ])
        #expect(
            try message(streamed)
                == #"{"role":"assistant","content":"21","reasoning_content":"I need\nthe GCD","thinking_blocks":[{"type":"thinking","thinking":"I need\nthe GCD","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"},{"type":"redacted_thinking","data":"EmwK"}],"citations":[{"type":"char_location","cited_text":"21","document_index":0}]}"#
        )
        #expect(streamed.builder.finishReason == Array(#""length""#.utf8))
    }

    @Test func takesArgumentsThatComeWithTheCall() throws {
        let streamed = try streamed([
            start,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"1","name":"f","input":{"a":"\n"}}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"2","name":"g"}}"#, stop,
        ])
        #expect(
            try message(streamed)
                == #"{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\n\"}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]}"#
        )
    }

    @Test func keepsThinkingWhoseEndIsNotTold() throws {
        let streamed = try streamed([
            #"{"type":"content_block_start","content_block":{"type":"thinking","thinking":"a","signature":"s"}}"#,
            #"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"b"}}"#, stop,
        ])
        #expect(
            try message(streamed)
                == #"{"role":"assistant","content":null,"reasoning_content":"ab","thinking_blocks":[{"type":"thinking","thinking":"ab","signature":"s"}]}"#
        )
    }

    @Test func tellsARefusal() throws {
        let streamed = try streamed([
            start, #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"No."}}}"#,
        ])
        #expect(try message(streamed) == #"{"role":"assistant","content":null,"refusal":"No."}"#)
        #expect(streamed.deltas == [#"{"role":"assistant","refusal":"No."}"#])
        #expect(streamed.builder.finishReason == Array(#""content_filter""#.utf8))
    }

    @Test func passesUnknownThingsOver() throws {
        let streamed = try streamed([
            start, #"{"type":"news","index":{}}"#, #"{"type":"content_block_start","index":0,"content_block":{"type":"new_block"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"new_delta"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}"#,
            #"{"type":"content_block_stop","index":0}"#, stop, #"{"type":"message_stop"}"#,
        ])
        #expect(try message(streamed) == #"{"role":"assistant","content":null}"#)
    }

    @Test func isNotCompleteBeforeTheModelHasStopped() throws {
        let events = AnthropicFixtures.events(AnthropicFixtures.toolStream)
        for count in 0..<events.count {
            let streamed = try Streamed(.chat, Array(events.prefix(count)), AnthropicFormat())
            #expect(streamed.builder.isComplete == (count > events.count - 2))
            #expect(!streamed.builder.isEnded)
        }
    }

    @Test(arguments: [
        (#"{"type":"overloaded_error","message":"Overloaded"}"#, ErrorCode.overloaded, true),
        (#"{"type":"api_error","message":"Internal server error"}"#, .serverError, true),
        (#"{"type":"timeout_error","message":"Timed out"}"#, .timeout, true),
        (#"{"type":"rate_limit_error","message":"Slow down"}"#, .rateLimited, true),
        (#"{"type":"rate_limit_error","message":"Over","details":{"error_code":"enforced_spend_limit_reached"}}"#, .quotaExhausted, false),
        (#"{"type":"invalid_request_error","message":"Bad"}"#, .providerInvalidRequest, false),
        (#"{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}"#, .contentFiltered, false),
        (#"{"type":"new_error","message":"What"}"#, .serverError, true),
    ])
    func tellsAnErrorInTheStream(_ error: String, _ code: ErrorCode, _ retryable: Bool) throws {
        for data in [#"{"type":"error","error":\#(error)}"#, #"{"error":\#(error)}"#] {
            let thrown = try #require(throws: ProviderError.self) {
                try Streamed(.chat, [(type: "message", data: start), (type: "error", data: data)], AnthropicFormat())
            }
            #expect(thrown.code == code && thrown.retryable == retryable)
        }
    }

    @Test(arguments: [
        ("", "expected a JSON value"), ("[DONE]", "expected a JSON value"), ("{}", "no type"), ("3", "it is a number"),
        (#"{"type":"content_block_delta","index":0}"#, "no delta"), (#"{"type":"content_block_delta","delta":{}}"#, "no type"),
        (#"{"type":"content_block_start","index":0}"#, "no content_block"),
        (#"{"type":"content_block_start","content_block":{}}"#, "no type"),
        (#"{"type":"content_block_start","content_block":{"type":"tool_use","id":"1"}}"#, "no id or name"),
    ])
    func refusesCorruptEvents(_ data: String, _ mention: String) throws {
        let error = try #require(throws: ProviderError.self) { try streamed([data]) }
        #expect(error.code == .streamCorrupt && error.retryable)
        #expect(error.message.contains(mention), "\(error.message)")
    }
}
