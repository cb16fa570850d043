import Envelope
import Testing

@Suite struct BatchLineTests {
    @Test func readsAChatLine() throws {
        let line = #"""
            {"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}],"max_tokens": 1000, "store":true,"metadata":{"a":"b"}}}
            """#
        let request = try decode(line)
        #expect(request.isBatchLine)
        #expect(request.id == "request-1")
        #expect(text(line, request.idRange) == "\"request-1\"")
        #expect(request.type == .chat)
        #expect(request.model == "gpt-4o-mini")
        #expect(request.metadata == nil)
        #expect(
            request.payload.map { text(line, $0.member) } == [
                #""messages": [{"role": "user", "content": "Hello"}]"#, #""max_tokens": 1000"#, #""store":true"#, #""metadata":{"a":"b"}"#,
            ])
        #expect(request.payload.map(\.field) == [.messages, .maxTokens, .other, .other])
    }

    @Test(arguments: [
        ("/v1/completions", #"{"prompt":"x"}"#, RequestType.completion), ("/v1/embeddings", #"{"input":["x"]}"#, .embedding),
        ("/v1/chat/completions", #"{"messages":[{"role":"user"}],"stream":false}"#, .chat),
    ])
    func takesTheTypeFromTheURL(_ url: String, _ body: String, _ type: RequestType) throws {
        #expect(try decode(#"{"body":\#(body),"url":"\#(url)","method":"POST","custom_id":"a"}"#).type == type)
    }

    @Test func takesFieldsForSwitchyardBesideTheBody() throws {
        let line =
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x"},"tenant":"t","priority":1,"metadata":{"row":2}}"#
        let request = try decode(line)
        #expect(request.tenant == "t")
        #expect(request.priority == 1)
        #expect(text(line, request.metadata) == #"{"row":2}"#)
    }

    @Test(arguments: [
        (#"{"method":"POST","url":"/v1/completions","body":{"prompt":"x"}}"#, ErrorCode.missingID, "custom_id is missing"),
        (#"{"custom_id":"a","url":"/v1/completions","body":{"prompt":"x"}}"#, .invalidRequest, "method is missing"),
        (#"{"custom_id":"a","method":"POST","body":{"prompt":"x"}}"#, .invalidRequest, "url is missing"),
        (#"{"custom_id":"a","method":"POST","url":"/v1/completions"}"#, .invalidRequest, "body is missing"),
        (
            #"{"custom_id":"a","method":"GET","url":"/v1/completions","body":{"prompt":"x"}}"#, .invalidRequest,
            "method: expected \"POST\", found \"GET\""
        ),
        (#"{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"input":"x"}}"#, .unsupported, "url is not one of"),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":"x"}"#, .invalidRequest,
            "body: expected an object, found a string"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"messages":[]}}"#, .invalidRequest,
            "body.messages is empty"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":1}]}}"#,
            .invalidRequest, "body.messages[0].content"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"prompt":"x"}}"#, .invalidRequest,
            "body.messages is missing"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x","model":1}}"#, .invalidRequest,
            "body.model: expected a string"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x","seed":1,"seed":2}}"#, .invalidRequest,
            "\"seed\""
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x","store":1,"store":2}}"#, .invalidRequest,
            "\"store\""
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x"},"id":"b"}"#, .invalidRequest,
            "id does not belong"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x"},"type":"chat"}"#, .invalidRequest,
            "type does not belong"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x"},"seed":1}"#, .invalidRequest,
            "seed does not belong"
        ),
        (
            #"{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"x"},"model":"m"}"#, .invalidRequest,
            "model does not belong"
        ),
    ])
    func refusesBadLines(_ line: String, _ code: ErrorCode, _ mention: String) {
        let error = #expect(throws: EnvelopeError.self) { try decode(line) }
        #expect(error?.code == code)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
        #expect(error?.id == (code == .missingID ? nil : "a"))
    }
}
