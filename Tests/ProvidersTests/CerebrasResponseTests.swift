import Envelope
import Providers
import Testing

@Suite struct CerebrasResponseTests {
    private let format = CerebrasFormat()

    /// As the API's reference has it.
    private static let reasoned = #"""
        {"id":"chatcmpl-292e278f","choices":[{"finish_reason":"stop","index":0,"message":{"content":"Hello! \"How\"?","reasoning":"The user greets.\n","role":"assistant"}}],"created":1723733419,"model":"gpt-oss-120b","system_fingerprint":"fp_70185065a4","object":"chat.completion","usage":{"prompt_tokens":12,"completion_tokens":10,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"accepted_prediction_tokens":0,"rejected_prediction_tokens":0,"reasoning_tokens":6}},"time_info":{"queue_time":0.000073161,"total_time":0.022}}
        """#

    @Test func renamesTheReasoning() throws {
        let result = try answer(.chat, Self.reasoned, format)
        #expect(content(result) == [#"{"role":"assistant","content":"Hello! \"How\"?","reasoning_content":"The user greets.\n"}"#])
        #expect(text(result, result.finishReason, body: "") == "\"stop\"")
        #expect(text(result, result.model, body: "") == "\"gpt-oss-120b\"")
        #expect(result.usage == Usage(input: 12, output: 10, cached: 8, reasoning: 6))
    }

    @Test func renamesTheReasoningBesideToolCallsAndLogProbabilities() throws {
        let result = try answer(
            .chat,
            #"{"choices":[{"index":0,"finish_reason":"tool_calls","logprobs":{"content":[{"token":"a","logprob":-1,"bytes":null,"top_logprobs":[]}]},"message":{"role":"assistant","reasoning":"Hm","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]}},{"index":1,"finish_reason":"length","message":{"content":"two"}}]}"#,
            format)
        #expect(
            content(result) == [
                #"{"role":"assistant","content":null,"reasoning_content":"Hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]}"#
            ])
        #expect(
            text(result, result.logprobs, body: "") == #"{"content":[{"token":"a","logprob":-1,"bytes":null,"top_logprobs":[]}]}"#)
        guard case .message(_, let choices) = result.content else { throw Unexpected() }
        #expect(
            text(result, choices, body: "")?.hasSuffix(
                #"{"index":1,"message":{"role":"assistant","content":"two"},"finish_reason":"length"}]"#)
                == true)
    }

    @Test func copiesAnswersWithoutReasoning() throws {
        let body = #"{"choices":[{"message":{"role":"assistant","content":"a \"reasoning\" model"}}],"usage":null}"#
        let result = try answer(.chat, body, format)
        #expect(result.written == nil)
        #expect(content(result, body: body) == [#"{"role":"assistant","content":"a \"reasoning\" model"}"#])
        let completion = #"{"choices":[{"text":"x","reasoning":"y"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
        #expect(content(try answer(.completion, completion, format), body: completion) == ["\"x\""])
    }

    @Test(arguments: ["", "{}", #"{"choices":[]}"#, #"{"choices":[{"reasoning":"x"}]}"#, #"{"choices":"reasoning"}"#])
    func refusesMalformedAnswers(_ body: String) {
        let error = #expect(throws: ProviderError.self) { try answer(.chat, body, format) }
        #expect(error?.code == .malformedResponse)
    }

    // MARK: Streams

    @Test func readsAStream() throws {
        let stream = try Streamed(
            .chat,
            [
                #"{"id":"c","choices":[{"delta":{"role":"assistant","reasoning":"H"},"index":0}],"model":"m","object":"chat.completion.chunk"}"#,
                #"{"id":"c","choices":[{"delta":{"content":"Hi"},"index":0}]}"#,
                #"{"id":"c","choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"},"type":"function","id":"t","index":0}]},"index":0}]}"#,
                #"{"id":"c","choices":[{"delta":{},"finish_reason":"tool_calls","index":0}],"usage":{"prompt_tokens":2,"completion_tokens":3},"time_info":{"queue_time":0.1}}"#,
                "[DONE]",
            ].map { (type: "message", data: $0) }, format)
        #expect(
            stream.deltas == [
                #"{"role":"assistant","reasoning_content":"H"}"#, #"{"content":"Hi"}"#,
                #"{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#,
            ])
        #expect(stream.builder.isComplete && stream.builder.isEnded)
        #expect(stream.builder.usage == Usage(input: 2, output: 3))
    }

    @Test(arguments: [
        (
            #"{"error":{"message":"busy","type":"too_many_requests_error","code":"queue_exceeded"},"status_code":429}"#,
            ErrorCode.overloaded, 429, true
        ),
        (#"{"error":{"message":"long","code":"context_length_exceeded"},"status_code":400}"#, .contextLength, 400, false),
        (#"{"error":{"message":"bad","code":"x"},"status_code":422}"#, .providerInvalidRequest, 422, false),
        (#"{"error":{"message":"broken"},"status_code":99999999999}"#, .serverError, 200, true),
        (#"{"error":{"message":"broken"}}"#, .serverError, 200, true),
    ])
    func judgesErrorsInStreams(_ event: String, _ code: ErrorCode, _ status: Int, _ retryable: Bool) {
        let error = #expect(throws: ProviderError.self) { try Streamed(.chat, [(type: "message", data: event)], format) }
        #expect(error?.code == code)
        #expect(error?.status == status)
        #expect(error?.retryable == retryable)
        let whole = #expect(throws: ProviderError.self) { try answer(.chat, event, format) }
        #expect(whole == error)
    }
}
