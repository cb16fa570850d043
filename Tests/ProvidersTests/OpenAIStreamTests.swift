import Envelope
import Providers
import Testing

@Suite struct OpenAIStreamTests {
    private func streamed(_ chunks: [String], _ type: RequestType = .chat) throws(ProviderError) -> Streamed {
        try Streamed(type, chunks.map { ("message", $0) }, OpenAIFormat())
    }

    private static let words = [
        #"{"id":"c","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null}"#,
        #"{"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"Sæ\n"},"logprobs":{"content":[{"token":"S","logprob":-0.5,"bytes":[83],"top_logprobs":[]}]},"finish_reason":null}],"usage":null}"#,
        #"{"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"\u00e9\"!"},"logprobs":{"content":[{"token":"!","logprob":-0.1,"bytes":[33],"top_logprobs":[]}]},"finish_reason":null}],"usage":null}"#,
        #"{"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
        #"{"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}"#,
    ]

    @Test func putsTheTextTogetherAsItCame() throws {
        let stream = try streamed(Self.words + ["[DONE]"])
        #expect(stream.deltas == [#"{"role":"assistant","content":"Sæ\n"}"#, #"{"content":"\u00e9\"!"}"#])
        #expect(stream.builder.isComplete && stream.builder.isEnded)
        let result = try stream.builder.result()
        #expect(content(result) == [#"{"role":"assistant","content":"Sæ\n\u00e9\"!"}"#])
        #expect(text(result, result.finishReason, body: "") == "\"stop\"")
        #expect(text(result, result.model, body: "") == "\"gpt-4o-mini-2024-07-18\"")
        #expect(
            text(result, result.logprobs, body: "")
                == #"{"content":[{"token":"S","logprob":-0.5,"bytes":[83],"top_logprobs":[]},{"token":"!","logprob":-0.1,"bytes":[33],"top_logprobs":[]}]}"#
        )
        #expect(result.usage == Usage(input: 9, output: 4, cached: 2, reasoning: 1))
    }

    @Test(arguments: 0...3)
    func aStreamThatIsCutOffIsNotComplete(_ count: Int) throws {
        #expect(try !streamed(Array(Self.words.prefix(count))).builder.isComplete)
    }

    @Test func putsParallelToolCallsTogether() throws {
        func delta(_ calls: String) -> String { #"{"choices":[{"index":0,"delta":{"tool_calls":[\#(calls)]},"finish_reason":null}]}"# }
        let stream = try streamed([
            delta(#"{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}"#),
            delta(#"{"index":0,"function":{"arguments":"{\"city\":"}}"#),
            delta(#"{"index":1,"id":"call_b","type":"function","function":{"name":"time","arguments":""}}"#),
            delta(#"{"index":0,"function":{"arguments":"\"Oslo\"}"}}"#), delta(#"{"index":1,"function":{"arguments":"{}"}}"#),
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ])
        let result = try stream.builder.result()
        #expect(
            content(result) == [
                #"{"role":"assistant","content":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}},{"id":"call_b","type":"function","function":{"name":"time","arguments":"{}"}}]}"#
            ])
        #expect(
            stream.deltas.first
                == #"{"role":"assistant","tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]}"#
        )
        #expect(stream.deltas.last == #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#)
    }

    @Test func tellsCallsApartThatHaveTheSameIndex() throws {
        func delta(_ id: String, _ city: String) -> String {
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"\#(id)","function":{"name":"w","arguments":"{\"c\":\"\#(city)\"}"},"extra_content":{"google":{"thought_signature":"s"}}}]}}]}"#
        }
        let stream = try streamed([
            delta("a", "Oslo"), delta("b", "Rome"), #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ])
        let message = try #require(content(try stream.builder.result())[0])
        #expect(message.contains(#"{"id":"a","type":"function","function":{"name":"w","arguments":"{\"c\":\"Oslo\"}"},"extra_content""#))
        #expect(message.contains(#"{"id":"b","type":"function","function":{"name":"w","arguments":"{\"c\":\"Rome\"}"}"#))
    }

    @Test func keepsSeveralAnswersApart() throws {
        let stream = try streamed([
            #"{"choices":[{"index":1,"delta":{"content":"b"}}]}"#, #"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            #"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#,
        ])
        guard case .message(let first, let choices) = try stream.builder.result().content else { throw Unexpected() }
        let result = try stream.builder.result()
        #expect(text(result, first, body: "") == #"{"role":"assistant","content":"a"}"#)
        #expect(
            text(result, choices, body: "")
                == #"[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"length"}]"#
        )
    }

    @Test func readsReasoningRefusalsAndCompletions() throws {
        let thought = try streamed([
            #"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#, #"{"choices":[{"index":0,"delta":{"reasoning":"m"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"refusal":"no"},"finish_reason":"stop"}]}"#,
        ])
        #expect(content(try thought.builder.result()) == [#"{"role":"assistant","content":null,"refusal":"no","reasoning_content":"hmm"}"#])
        let plain = try streamed([#"{"choices":[{"index":0,"text":"yes","finish_reason":"stop"}]}"#], .completion)
        #expect(content(try plain.builder.result()) == [#"{"role":"assistant","content":"yes"}"#])
        #expect(plain.deltas == [#"{"role":"assistant","content":"yes"}"#])
    }

    @Test(arguments: [
        (#"{"choices":[{"ind"#, ErrorCode.streamCorrupt), ("", .streamCorrupt), ("[1]", .streamCorrupt),
        (#"{"choices":[{"index":-1,"delta":{"content":"x"}}]}"#, .streamCorrupt),
        (#"{"choices":[{"index":99999999,"delta":{"content":"x"}}]}"#, .streamCorrupt),
        (#"{"error":{"message":"overloaded","type":"server_error"}}"#, .serverError),
        (#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, .rateLimited),
        (#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#, .contextLength),
    ])
    func refusesWhatIsNoChunk(_ chunk: String, _ code: ErrorCode) {
        #expect(throws: ProviderError.self) { try streamed([chunk]) }
        do throws(ProviderError) {
            _ = try streamed([chunk])
        } catch {
            #expect(error.code == code)
        }
    }
}
