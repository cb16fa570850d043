import Envelope
import Providers
import Testing

@Suite struct CohereStreamTests {
    private typealias Fixtures = CohereFixtures

    private func read(_ events: String...) throws(ProviderError) -> Streamed {
        try Streamed(.chat, events.map { (type: "message", data: $0) }, CohereFormat())
    }

    @Test func readsText() throws {
        let stream = try read(
            Fixtures.start, Fixtures.textStart, Fixtures.text("Hel"), Fixtures.text("lo \\u2603"), Fixtures.textEnd,
            Fixtures.end("COMPLETE"))
        #expect(
            stream.deltas == [#"{"role":"assistant","content":"Hel"}"#, #"{"content":"lo \u2603"}"#])
        #expect(stream.builder.isEnded && stream.builder.isComplete)
        let result = try stream.builder.result()
        #expect(content(result) == [#"{"role":"assistant","content":"Hello \u2603"}"#])
        #expect(text(result, result.finishReason, body: "") == "\"stop\"")
        #expect(result.usage == Usage(input: 7, output: 2))
    }

    @Test func readsAPlanAndParallelToolCalls() throws {
        let stream = try read(
            Fixtures.start, #"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I "}}}"#,
            #"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"look."}}}"#, Fixtures.toolCall(0, "a", "f"),
            Fixtures.arguments(0, #"{\"x\""#), Fixtures.arguments(0, ":1}"), #"{"type":"tool-call-end","index":0}"#,
            Fixtures.toolCall(1, "b", "g"), Fixtures.arguments(1, "{}"), #"{"type":"tool-call-end","index":1}"#,
            Fixtures.end("TOOL_CALL"))
        #expect(
            stream.deltas == [
                #"{"role":"assistant","reasoning_content":"I "}"#, #"{"reasoning_content":"look."}"#,
                #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#,
                #"{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
            ])
        let result = try stream.builder.result()
        #expect(
            content(result) == [
                #"{"role":"assistant","content":null,"reasoning_content":"I look.","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]}"#
            ])
        #expect(text(result, result.finishReason, body: "") == "\"tool_calls\"")
    }

    @Test func addsArgumentsToTheCallTheyNameAndPassesOverThoseOfNone() throws {
        let stream = try read(
            Fixtures.arguments(0, "early"), Fixtures.toolCall(3, "a", "f"), Fixtures.toolCall(4, "b", "g"), Fixtures.arguments(3, "{1}"),
            Fixtures.arguments(4, "{2}"), Fixtures.arguments(9, "none"), Fixtures.end("TOOL_CALL"))
        #expect(content(try stream.builder.result())[0]?.contains(#""name":"f","arguments":"{1}""#) == true)
        #expect(content(try stream.builder.result())[0]?.contains(#""name":"g","arguments":"{2}""#) == true)
    }

    @Test func readsThoughtsCitationsAndLogProbabilities() throws {
        let stream = try read(
            #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":"Hm"}}}}"#,
            #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"m."}}}}"#, #"{"type":"content-end","index":0}"#,
            #"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":"I"}}}}"#,
            #"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"t"}}},"logprobs":{"text":"t","token_ids":[1],"logprobs":[-1.5]}}"#,
            #"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"It","sources":[]}}}}"#,
            #"{"type":"citation-end","index":0}"#, #"{"type":"debug","prompt":"…"}"#, #"{"type":"of-the-future"}"#,
            Fixtures.end("MAX_TOKENS"), "[DONE]")
        #expect(
            stream.deltas == [
                #"{"role":"assistant","reasoning_content":"Hm"}"#, #"{"reasoning_content":"m."}"#, #"{"content":"I"}"#, #"{"content":"t"}"#,
            ])
        let result = try stream.builder.result()
        #expect(
            content(result) == [
                #"{"role":"assistant","content":"It","reasoning_content":"Hmm.","citations":[{"start":0,"end":2,"text":"It","sources":[]}]}"#
            ])
        #expect(
            text(result, result.logprobs, body: "")
                == #"{"content":[{"token":"t","logprob":-1.5,"bytes":null,"top_logprobs":[]}]}"#)
        #expect(text(result, result.finishReason, body: "") == "\"length\"")
    }

    @Test func isNotCompleteWithoutAnEnd() throws {
        let cut = try read(Fixtures.start, Fixtures.textStart, Fixtures.text("Hel"))
        #expect(!cut.builder.isEnded && !cut.builder.isComplete)
        let withoutReason = try read(Fixtures.start, Fixtures.text("Hel"), #"{"type":"message-end","delta":{}}"#)
        #expect(withoutReason.builder.isEnded && !withoutReason.builder.isComplete)
        #expect(!(try read(Fixtures.start)).builder.isComplete)
    }

    @Test(arguments: [
        (
            #"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"model overloaded"}}"#, ErrorCode.serverError,
            "model overloaded"
        ),
        (#"{"type":"message-end","delta":{"finish_reason":"ERROR"}}"#, .serverError, "the model failed"),
        (#"{"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#, .timeout, "took too long"),
        (#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","error":"half"}}"#, .serverError, "half"),
        (#"{"message":"too many tokens"}"#, .serverError, "too many tokens"), (#"{"type":"error","message":"gone"}"#, .serverError, "gone"),
    ])
    func throwsWhatTheStreamReports(_ event: String, _ code: ErrorCode, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try read(Fixtures.start, Fixtures.text("a"), event) }
        #expect(error?.code == code)
        #expect(error?.retryable == true)
        #expect(error?.message.contains(mention) == true)
    }

    @Test(arguments: ["", "{", "7", "[]", "{}", #"{"delta":{}}"#])
    func refusesEventsThatAreNone(_ event: String) {
        let error = #expect(throws: ProviderError.self) { try read(event) }
        #expect(error?.code == .streamCorrupt)
    }

    @Test(arguments: [
        #"{"type":"content-delta"}"#, #"{"type":"content-delta","delta":{"message":{"content":7}}}"#, #"{"type":"tool-call-start"}"#,
        #"{"type":"tool-call-start","delta":{"message":{"tool_calls":{"function":{"name":7}}}}}"#,
        #"{"type":"tool-call-delta","index":-1}"#,
        #"{"type":"citation-start"}"#, #"{"type":7}"#, #"{"type":"message-end"}"#,
    ])
    func passesOverWhatSaysNothing(_ event: String) throws {
        let stream = try read(event)
        #expect(stream.deltas.isEmpty && !stream.builder.isComplete)
    }
}
