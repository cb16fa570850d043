import Envelope
import Testing

@Suite struct RequestDecoderTests {
    @Test func readsEveryFieldOfItsOwn() throws {
        let message = #"""
            {"version":1,"id":"q1","type":"chat","model":"openai/gpt-4o","tenant":"team","session_id":"s1","priority":9,
             "deadline":"2026-03-01T12:00:00.250Z","cache":{"mode":"refresh","ttl_s":60},"stream":true,"reply_to":"answers",
             "metadata": {"row":1}, "messages":[{"role":"user","content":"hi"}]}
            """#
        let request = try decode(message)
        #expect(request.id == "q1")
        #expect(text(message, request.idRange) == "\"q1\"")
        #expect(request.type == .chat)
        #expect(request.model == "openai/gpt-4o")
        #expect(request.tenant == "team")
        #expect(request.sessionID == "s1")
        #expect(request.priority == 9)
        #expect(request.deadline == 1_772_366_400_250)
        #expect(request.cache == CacheDirective(mode: .refresh, timeToLiveSeconds: 60))
        #expect(request.stream)
        #expect(request.replyTo == "answers")
        #expect(text(message, request.metadata) == #"{"row":1}"#)
        #expect(!request.isBatchLine)
        #expect(text(message, request.payload(.messages)) == #"[{"role":"user","content":"hi"}]"#)
        #expect(request.payload.count == 1)
    }

    @Test func hasDefaults() throws {
        let request = try decode(#"{"id":"q1","messages":[{"role":"user","content":"hi"}]}"#)
        #expect(request.model == nil && request.tenant == nil && request.sessionID == nil && request.replyTo == nil)
        #expect(request.priority == 5)
        #expect(request.deadline == nil && request.cache == nil && request.metadata == nil)
        #expect(!request.stream)
    }

    @Test func takesNullForNotGiven() throws {
        let request = try decode(
            #"""
            {"id":"q1","version":null,"type":null,"model":null,"tenant":null,"session_id":null,"priority":null,"deadline":null,"cache":null,
             "stream":null,"reply_to":null,"metadata":null,"extra":null,"temperature":null,"tools":null,"prompt":"x"}
            """#)
        #expect(request.type == .completion)
        #expect(request.priority == 5 && request.metadata == nil && request.model == nil)
        #expect(request.payload.map(\.field) == [.temperature, .tools, .prompt])
    }

    @Test(arguments: [
        (#"{"id":"a","messages":[{"role":"user"}]}"#, RequestType.chat),
        (#"{"id":"a","prompt":"x"}"#, .completion),
        (#"{"id":"a","prompt":[[1,2],[3]]}"#, .completion),
        (#"{"id":"a","input":["x","y"]}"#, .embedding), (#"{"id":"a","type":"embedding","input":"x"}"#, .embedding),
        (#"{"type":"completion","prompt":"x","id":"a"}"#, .completion),
    ])
    func infersTheType(_ message: String, _ type: RequestType) throws {
        #expect(try decode(message).type == type)
    }

    @Test func keepsPayloadInOrderByteForByte() throws {
        let message = #"""
            {"id":"q","temperature" : 0.70,"messages": [ {"role":"user","content":"\u00e9é"} ],"extra":{"top_k":40,"nested": {"a":[1 ,2]}},"seed":1}
            """#
        let request = try decode(message)
        #expect(request.payload.map(\.field) == [.temperature, .messages, .other, .other, .seed])
        #expect(
            request.payload.map { text(message, $0.member) } == [
                #""temperature" : 0.70"#, #""messages": [ {"role":"user","content":"\u00e9é"} ]"#, #""top_k":40"#,
                #""nested": {"a":[1 ,2]}"#, #""seed":1"#,
            ])
        #expect(
            request.payload.map { text(message, $0.key) } == ["\"temperature\"", "\"messages\"", "\"top_k\"", "\"nested\"", "\"seed\""])
    }

    @Test func takesEveryParameter() throws {
        let request = try decode(
            #"""
            {"id":"q","messages":[{"role":"user","content":[{"type":"text","text":"x"}]},{"role":"assistant","content":null,"tool_calls":[]}],
             "temperature":1,"top_p":0.5,"max_tokens":1,"max_completion_tokens":2,"stop":["a"],"seed":-1,"n":2,"presence_penalty":0,"frequency_penalty":-1.5,
             "logit_bias":{"1":2},"logprobs":true,"top_logprobs":3,"user":"u","reasoning_effort":"low","parallel_tool_calls":false,
             "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","response_format":{"type":"json_object"},"dimensions":8,
             "encoding_format":"float","suffix":"s","verbosity":"low","service_tier":"flex"}
            """#)
        #expect(request.payload.count == 24)
        #expect(request.payload.allSatisfy { $0.field != .other && $0.field.isPayload })
    }

    @Test func resolvesEscapesInKeysAndValues() throws {
        let message = #"{"\u0069d":"\u00e9\"1","prompt":"x"}"#
        let request = try decode(message)
        #expect(request.id == "é\"1")
        #expect(text(message, request.idRange) == #""\u00e9\"1""#)
    }

    @Test(arguments: [
        ("true", CacheDirective(mode: .use)), ("false", CacheDirective(mode: .bypass)), ("{}", CacheDirective(mode: .use)),
        (#"{"mode":"bypass"}"#, CacheDirective(mode: .bypass)), (#"{"ttl_s":5}"#, CacheDirective(mode: .use, timeToLiveSeconds: 5)),
    ])
    func readsCacheDirectives(_ text: String, _ expected: CacheDirective) throws {
        #expect(try decode(#"{"id":"a","prompt":"x","cache":\#(text)}"#).cache == expected)
    }

    @Test func readsADeadlineInMilliseconds() throws {
        #expect(try decode(#"{"id":"a","prompt":"x","deadline":1772366400250}"#).deadline == 1_772_366_400_250)
    }

    @Test func countsAnIdsCharactersNotItsBytes() throws {
        let id = String(repeating: "é", count: 256)
        #expect(try decode(#"{"id":"\#(id)","prompt":"x"}"#).id == id)
        #expect(throws: EnvelopeError.self) { try decode(#"{"id":"\#(id)é","prompt":"x"}"#) }
    }

    @Test func knowsEveryFieldByItsName() throws {
        for field in RequestField.allCases where field.isPayload && ![.messages, .prompt, .input].contains(field) {
            let request = try decode(#"{"id":"a","prompt":"x","\#(field.name)":null}"#)
            #expect(request.payload.map(\.field) == [.prompt, field])
        }
    }
}
