import Envelope
import Providers
import Testing

@Suite struct OpenAIResponseTests {
    @Test func readsAChatAnswer() throws {
        let body = OpenAIFixtures.chat
        let result = try answer(.chat, body)
        guard case .message(let message, let choices) = result.content else { throw Unexpected() }
        #expect(
            text(body, message) == #"{"role": "assistant", "content": "Hello! \"How\" can I\nassist?", "refusal": null, "annotations": []}"#
        )
        #expect(choices == nil)
        #expect(text(body, result.finishReason) == "\"stop\"")
        #expect(text(body, result.model) == "\"gpt-4o-mini-2024-07-18\"")
        #expect(result.usage == Usage(input: 1119, output: 210, cached: 1024, reasoning: 192))
    }

    @Test func passesToolCallsAndRefusalsThrough() throws {
        let calls = try answer(.chat, OpenAIFixtures.toolCalls)
        guard case .message(let message, _) = calls.content else { throw Unexpected() }
        #expect(text(OpenAIFixtures.toolCalls, message)?.contains(#""arguments":"{\n\"location\": \"Boston, MA\"\n}""#) == true)
        #expect(text(OpenAIFixtures.toolCalls, calls.finishReason) == "\"tool_calls\"")
        #expect(calls.usage == Usage(input: 82, output: 17))
        let refusal = try answer(.chat, OpenAIFixtures.refusal)
        guard case .message(let refused, _) = refusal.content else { throw Unexpected() }
        #expect(text(OpenAIFixtures.refusal, refused)?.contains("cannot assist") == true)
    }

    @Test func givesAllChoicesWhereThereAreSeveral() throws {
        let body = OpenAIFixtures.twoChoices
        let result = try answer(.chat, body)
        guard case .message(let message, let choices) = result.content else { throw Unexpected() }
        #expect(text(body, message) == #"{"role":"assistant","content":"a"}"#)
        #expect(text(body, choices)?.hasPrefix(#"[{"index":0,"#) == true)
        #expect(text(body, choices)?.hasSuffix(#""finish_reason":"stop"}]"#) == true)
        #expect(text(body, result.finishReason) == "\"length\"")
    }

    @Test func readsACompletion() throws {
        let result = try answer(.completion, OpenAIFixtures.completion)
        guard case .text(let range, let choices) = result.content else { throw Unexpected() }
        #expect(text(OpenAIFixtures.completion, range) == #""\n\nThis is indeed a test""#)
        #expect(choices == nil)
        #expect(result.usage == Usage(input: 5, output: 7))
    }

    @Test func readsEmbeddings() throws {
        let body = OpenAIFixtures.embedding
        let result = try answer(.embedding, body)
        guard case .embeddings(let ranges) = result.content else { throw Unexpected() }
        #expect(ranges.map { text(body, $0) } == ["[0.0023064255,-0.009327292,-0.0028842222]", "\"AACAPw==\""])
        #expect(result.usage == Usage(input: 8, output: 0))
        #expect(result.finishReason == nil)
    }

    @Test func putsEmbeddingsInTheOrderOfTheInputs() throws {
        let body = #"{"data":[{"index":2,"embedding":[2]},{"index":0,"embedding":[0]},{"embedding":[1],"index":1}]}"#
        guard case .embeddings(let ranges) = try answer(.embedding, body).content else { throw Unexpected() }
        #expect(ranges.map { text(body, $0) } == ["[0]", "[1]", "[2]"])
    }

    @Test(
        arguments: [
            (#"{"choices":[{"message":{}}]}"#, nil),
            (#"{"choices":[{"message":{}}],"usage":null}"#, nil),
            (#"{"choices":[{"message":{}}],"usage":{}}"#, nil),
            (#"{"choices":[{"message":{}}],"usage":{"prompt_tokens":null,"completion_tokens":3}}"#, Usage(input: 0, output: 3)),
            (#"{"choices":[{"message":{}}],"usage":{"prompt_tokens":-3,"completion_tokens":1.5}}"#, Usage(input: 0, output: 0)),
            (#"{"usage":{"prompt_tokens":1,"prompt_tokens_details":7},"choices":[{"message":{}}]}"#, Usage(input: 1, output: 0)),
        ] as [(String, Usage?)])
    func toleratesMissingUsage(_ body: String, _ usage: Usage?) throws {
        #expect(try answer(.chat, body).usage == usage)
    }

    @Test(arguments: [
        (RequestType.chat, "", "not valid JSON"),
        (.chat, "<html>", "not valid JSON: expected an object at byte 0"),
        (.chat, "[]", "expected an object"),
        (.chat, #"{"choices":[{"message":{"role":"assistant","content":"cut"#, "end of the text"), (.chat, "{}", "\"choices\" is missing"),
        (.chat, #"{"choices":[]}"#, "\"choices\" is empty"),
        (.chat, #"{"choices":{}}"#, "not an array"),
        (.chat, #"{"choices":[1]}"#, "not an object"),
        (.chat, #"{"choices":[{}]}"#, "has no answer"), (.chat, #"{"choices":[{"message":"x"}]}"#, "message\" is not an object"),
        (.completion, #"{"choices":[{"text":null}]}"#, "text\" is not a string"),
        (.completion, #"{"choices":[{"message":{}}]}"#, "has no answer"),
        (.embedding, #"{"choices":[]}"#, "\"data\" is missing"), (.embedding, #"{"data":[]}"#, "\"data\" is empty"),
        (.embedding, #"{"data":[{"embedding":null}]}"#, "no embedding"),
        (.embedding, #"{"data":[3]}"#, "not an object"),
        (.embedding, #"{"data":3}"#, "not an array"),
        (.chat, #"{"choices":[{"message":{}}]} x"#, "nothing after the value"),
    ])
    func refusesMalformedAnswers(_ type: RequestType, _ body: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try answer(type, body) }
        #expect(error?.code == .malformedResponse)
        #expect(error?.retryable == true)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
    }

    @Test func takesAnErrorBodyWithASuccessfulStatusForAnError() {
        let error = #expect(throws: ProviderError.self) {
            try answer(.chat, #"{"error":{"message":"upstream failed","type":"server_error","code":null}}"#)
        }
        #expect(error?.code == .serverError)
        #expect(error?.message.contains("upstream failed") == true)
        let refused = #expect(throws: ProviderError.self) {
            try answer(.chat, #"{"error":{"message":"bad","type":"invalid_request_error"}}"#)
        }
        #expect(refused?.code == .providerInvalidRequest && refused?.retryable == false)
        #expect(throws: Never.self) { try answer(.chat, #"{"error":null,"choices":[{"message":{}}]}"#) }
    }

    private struct Unexpected: Error {}
}
