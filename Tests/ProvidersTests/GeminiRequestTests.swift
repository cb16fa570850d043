import Envelope
import Foundation
import Providers
import Testing

@Suite struct GeminiRequestTests {
    @Test func namesPathsAndHeaders() {
        let format = GeminiFormat()
        #expect(format.path(for: .chat, isStreamed: false)?.description == "/models/{model}:generateContent")
        #expect(format.path(for: .chat, isStreamed: true)?.description == "/models/{model}:streamGenerateContent?alt=sse")
        #expect(format.path(for: .embedding, isStreamed: false)?.description == "/models/{model}:batchEmbedContents")
        #expect(format.path(for: .completion, isStreamed: false) == nil)
        #expect(format.headers(key: "k", organization: "o").last == HTTPField(name: "x-goog-api-key", value: "k"))
        #expect(format.headers(key: "", organization: nil).map(\.name) == ["content-type"])
        #expect(format.defaultBaseURL == "https://generativelanguage.googleapis.com/v1beta")
    }

    @Test func keepsTextsAsTheyAreEscaped() throws {
        let text = try body(GeminiFixtures.format, #"{"id":"a","messages":[{"role":"user","content":"\u00e9é😀\/"}]}"#)
        #expect(text == #"{"contents":[{"role":"user","parts":[{"text":"\u00e9é😀\/"}]}]}"#)
    }

    // MARK: Messages

    @Test func putsSystemMessagesApart() throws {
        let body = try GeminiFixtures.body(
            #"""
            "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Q"},
            {"role":"developer","content":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}]},
            {"role":"system","content":null},{"role":"assistant","content":"A"},{"role":"user","content":"R"}]
            """#)
        #expect(
            try body
                == GeminiFixtures.json(
                    #"""
                    {"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"A"}]},{"role":"user","parts":[{"text":"R"}]}],
                    "systemInstruction":{"role":"user","parts":[{"text":"Be brief."},{"text":"Be kind."}]},"generationConfig":{}}
                    """#))
    }

    @Test func givesCallsAndTheirResultsBack() throws {
        let contents = try GeminiFixtures.contents(
            #"""
            {"role":"user","content":"Q"},{"role":"assistant","content":"I look.","reasoning_content":"x","tool_calls":\#(GeminiFixtures.calls)},
            {"role":"tool","tool_call_id":"c2","content":"12 \"o'clock\""},{"role":"system","content":"S"},
            {"role":"tool","tool_call_id":"c1","content":" {\"celsius\": 12}"},{"role":"user","content":"R"}
            """#)
        #expect(
            try contents
                == GeminiFixtures.json(
                    #"""
                    [{"role":"user","parts":[{"text":"Q"}]},
                    {"role":"model","parts":[{"text":"I look."},
                    {"functionCall":{"id":"c1","name":"weather","args":{"city":"Å","n":{}}},"thoughtSignature":"c2ln+/=="},
                    {"functionCall":{"id":"c2","name":"time","args":{}}}]},
                    {"role":"user","parts":[{"functionResponse":{"id":"c2","name":"time","response":{"output":"12 \"o'clock\""}}},
                    {"functionResponse":{"id":"c1","name":"weather","response":{"celsius":12}}}]},
                    {"role":"user","parts":[{"text":"R"}]}]
                    """#))
    }

    @Test(arguments: [
        (#""{\"a\":1""#, #"{"output":"{\"a\":1"}"#), (#""[1]""#, #"{"output":"[1]"}"#), (#""\n{\"a\":1}\n""#, #"{"a":1}"#),
        ("null", #"{"output":""}"#), (#""""#, #"{"output":""}"#), (#"[{"type":"text","text":"{\"a\":[]}"}]"#, #"{"a":[]}"#),
        (#"[{"type":"text","text":"{\"a\""},{"type":"text","text":":1}"}]"#, #"{"output":"{\"a\":1}"}"#),
    ])
    func readsResultsOfTools(_ content: String, _ response: String) throws {
        let contents = try GeminiFixtures.contents(
            #"""
            {"role":"assistant","content":"","tool_calls":\#(GeminiFixtures.calls)},{"role":"tool","tool_call_id":"c1","content":\#(content)}
            """#)
        let parts = (contents?[1] as? NSDictionary)?["parts"] as? NSArray
        #expect(
            try parts?[0] as? NSObject == GeminiFixtures.json(#"{"functionResponse":{"id":"c1","name":"weather","response":\#(response)}}"#)
        )
        #expect(((contents?[0] as? NSDictionary)?["parts"] as? NSArray)?.count == 2)
    }

    /// Ids that we made are the same in each answer, so the last call of an id counts.
    @Test func findsTheNearestCall() throws {
        func turn(_ name: String) -> String {
            #"""
            {"role":"assistant","tool_calls":[{"id":"call_0","type":"function","function":{"name":"\#(name)","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"call_0","content":"x"}
            """#
        }
        let contents = try GeminiFixtures.contents("\(turn("first")),\(turn("second"))")
        let text = String(decoding: try JSONSerialization.data(withJSONObject: #require(contents?[3])), as: UTF8.self)
        #expect(text.contains(#""name":"second""#))
    }

    @Test func leavesEmptyAnswersOut() throws {
        #expect(
            try GeminiFixtures.contents(
                #"{"role":"user","content":"Q"},{"role":"assistant","content":null},{"role":"user","content":"R"}"#)?.count
                == 2)
        #expect(
            try GeminiFixtures.contents(#"{"role":"user","content":"Q"},{"role":"assistant","content":null,"refusal":"No."}"#)?[1]
                as? NSObject
                == GeminiFixtures.json(#"{"role":"model","parts":[{"text":"No."}]}"#))
    }

    @Test(arguments: [
        (
            #"{"type":"image_url","image_url":{"url":"data:image\/png;base64,iVB\/R+==","detail":"high"}}"#,
            #"{"inlineData":{"data":"iVB/R+==","mime_type":"image/png"}}"#
        ),
        (
            #"{"type":"image_url","image_url":{"url":"https://e.com/cat.JPG?w=1.5#x.y"}}"#,
            #"{"fileData":{"file_uri":"https://e.com/cat.JPG?w=1.5#x.y","mime_type":"image/jpeg"}}"#
        ),
        (#"{"type":"image_url","image_url":{"url":"https://e.com"}}"#, #"{"fileData":{"file_uri":"https://e.com"}}"#),
        (#"{"type":"image_url","image_url":{"url":""}}"#, #"{"fileData":{"file_uri":""}}"#),
        (
            #"{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}"#,
            #"{"inlineData":{"data":"UklG","mime_type":"audio/wav"}}"#
        ),
        (
            #"{"type":"input_audio","input_audio":{"url":"https://e.com/a","format":"mp3"}}"#,
            #"{"fileData":{"file_uri":"https://e.com/a","mime_type":"audio/mp3"}}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBE","filename":"a.pdf"}}"#,
            #"{"inlineData":{"data":"JVBE","mime_type":"application/pdf"}}"#
        ),
        (
            #"{"type":"file","file":{"file_url":"https://e.com/r.pdf"}}"#,
            #"{"fileData":{"file_uri":"https://e.com/r.pdf","mime_type":"application/pdf"}}"#
        ),
        (
            #"{"type":"file","file":{"file_id":"https://generativelanguage.googleapis.com/v1beta/files/a1"}}"#,
            #"{"fileData":{"file_uri":"https://generativelanguage.googleapis.com/v1beta/files/a1"}}"#
        ),
        (#"{"cache_control":{"type":"ephemeral"},"text":"T","type":"text"}"#, #"{"text":"T"}"#),
    ])
    func translatesParts(_ part: String, _ expected: String) throws {
        let contents = try GeminiFixtures.contents(#"{"content":[{"type":"text","text":"Q"},\#(part)],"role":"user"}"#)
        #expect(try contents == GeminiFixtures.json(#"[{"role":"user","parts":[{"text":"Q"},\#(expected)]}]"#))
    }

    @Test func copiesLargeImages() throws {
        let data = String(repeating: "AbC/", count: 1_000_000)
        let text = try body(
            GeminiFixtures.format,
            #"{"id":"a","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(data)"}}]}]}"#
        )
        #expect(
            text.utf8.count == data.utf8.count
                + #"{"contents":[{"role":"user","parts":[{"inlineData":{"data":"","mime_type":"image/png"}}]}]}"#.utf8.count)
        #expect(text.contains(data))
    }

    // MARK: Settings

    @Test func putsSettingsIntoGenerationConfig() throws {
        let body = try GeminiFixtures.asked(
            #"""
            "temperature":0.25,"top_p":0.9,"top_k":40,"max_tokens":5,"max_completion_tokens":256,"stop":["END","\n"],"seed":7,"n":2,
            "presence_penalty":0.5,"frequency_penalty":-0.5,"logprobs":true,"top_logprobs":3,"user":"u"
            """#)
        #expect(
            try body["generationConfig"] as? NSObject
                == GeminiFixtures.json(
                    #"""
                    {"temperature":0.25,"topP":0.9,"topK":40,"maxOutputTokens":256,"stopSequences":["END","\n"],"seed":7,"candidateCount":2,
                    "presencePenalty":0.5,"frequencyPenalty":-0.5,"responseLogprobs":true,"logprobs":3}
                    """#))
        #expect(body.count == 2)
    }

    @Test func dropsWhatSaysNothing() throws {
        let body = try GeminiFixtures.asked(
            #"""
            "n":1,"presence_penalty":0,"frequency_penalty":0.0,"logprobs":false,"top_logprobs":0,"logit_bias":{},"parallel_tool_calls":true,
            "response_format":{"type":"text"},"seed":null,"stop":[],"verbosity":null,"tools":[],"service_tier":"auto","user":"u"
            """#)
        #expect(body.allKeys as? [String] == ["contents"])
        #expect(try GeminiFixtures.asked(#""service_tier":"default""#).count == 1)
    }

    @Test(arguments: [
        (#""stop":"\n""#, #"{"stopSequences":["\n"]}"#), (#""max_tokens":9"#, #"{"maxOutputTokens":9}"#),
        (#""response_format":{"type":"json_object"}"#, #"{"responseMimeType":"application/json"}"#),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}"#,
            #"{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}"#
        ),
        (#""thinking":{"type":"enabled","budget_tokens":2048}"#, #"{"thinkingConfig":{"thinking_budget":2048}}"#),
        (#""thinking":{"type":"disabled"}"#, #"{"thinkingConfig":{"thinking_budget":0}}"#),
        (#""thinking":{"type":"adaptive"}"#, #"{"thinkingConfig":{"thinking_budget":-1}}"#),
    ])
    func translatesASetting(_ member: String, _ config: String) throws {
        #expect(try GeminiFixtures.asked(member)["generationConfig"] as? NSObject == GeminiFixtures.json(config))
    }

    @Test func hasALengthByDefault() throws {
        #expect(
            try GeminiFixtures.asked(#""seed":null"#, maxTokens: 50)["generationConfig"] as? NSObject
                == GeminiFixtures.json(#"{"maxOutputTokens":50}"#))
        #expect(
            try GeminiFixtures.asked(#""max_tokens":9"#, maxTokens: 50)["generationConfig"] as? NSObject
                == GeminiFixtures.json(#"{"maxOutputTokens":9}"#))
    }

    @Test(arguments: [
        ("none", "gemini-3-pro", #"{"thinking_budget":0}"#), ("none", "gemini-2.5-flash", #"{"thinking_budget":0}"#),
        ("minimal", "gemini-2.5-flash", #"{"thinking_budget":1024}"#), ("low", "gemini-2.5-pro", #"{"thinking_budget":1024}"#),
        ("medium", "gemini-2.5-pro", #"{"thinking_budget":8192}"#), ("high", "gemini-flash-latest", #"{"thinking_budget":24576}"#),
        ("minimal", "gemini-3-flash-preview", #"{"thinking_level":"MINIMAL"}"#),
        ("minimal", "gemini-3.1-pro", #"{"thinking_level":"LOW"}"#),
        ("low", "gemini-3-pro", #"{"thinking_level":"LOW"}"#), ("medium", "gemini-3.6-flash", #"{"thinking_level":"MEDIUM"}"#),
        ("high", "gemini-10-pro", #"{"thinking_level":"HIGH"}"#), ("xhigh", "gemini-3.8-pro", #"{"thinking_level":"XHIGH"}"#),
    ])
    func translatesEffort(_ effort: String, _ model: String, _ config: String) throws {
        let body = try GeminiFixtures.asked(#""reasoning_effort":"\#(effort)""#, model: model)
        #expect(try body["generationConfig"] as? NSObject == GeminiFixtures.json(#"{"thinkingConfig":\#(config)}"#))
    }

    @Test(arguments: [
        (
            #"{"thinkingConfig":{"includeThoughts":true}}"#,
            #"{"temperature":1,"thinkingConfig":{"thinking_budget":1024,"includeThoughts":true}}"#
        ),
        (#"{"thinkingConfig":{"thinkingLevel":"HIGH"},"topK":null}"#, #"{"temperature":1,"thinkingConfig":{"thinkingLevel":"HIGH"}}"#),
        (#"{"thinkingConfig":{"thinking_budget":5}}"#, #"{"temperature":1,"thinkingConfig":{"thinking_budget":5}}"#),
        (
            #"{"temperature":2,"responseModalities":["IMAGE"]}"#,
            #"{"temperature":2,"responseModalities":["IMAGE"],"thinkingConfig":{"thinking_budget":1024}}"#
        ),
        ("{}", #"{"temperature":1,"thinkingConfig":{"thinking_budget":1024}}"#),
        ("null", #"{"temperature":1,"thinkingConfig":{"thinking_budget":1024}}"#),
    ])
    func mergesExtra(_ extra: String, _ config: String) throws {
        let body = try GeminiFixtures.asked(
            #""temperature":1,"reasoning_effort":"low","extra":{"cachedContent":"cachedContents/a","generationConfig":\#(extra)}"#)
        #expect(try body["generationConfig"] as? NSObject == GeminiFixtures.json(config))
        #expect(body["cachedContent"] as? String == "cachedContents/a")
        #expect(body.count == 3)
    }

    // MARK: Tools

    @Test func declaresTools() throws {
        let body = try GeminiFixtures.asked(
            #"""
            "tools":[{"googleSearch":{}},{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},
            {"type":"function","cache_control":{"type":"ephemeral"},"function":{"name":"g"}},{"codeExecution":{}}],"service_tier":"flex"
            """#)
        #expect(
            try body["tools"] as? NSObject
                == GeminiFixtures.json(
                    #"""
                    [{"functionDeclarations":[{"name":"f","description":"d","parameters_json_schema":{"type":"object"}},{"name":"g"}]},
                    {"googleSearch":{}},{"codeExecution":{}}]
                    """#))
        #expect(body["serviceTier"] as? String == "flex")
        #expect(try body["generationConfig"] as? NSObject == GeminiFixtures.json("{}"))
        #expect(
            try GeminiFixtures.asked(#""tools":[{"googleSearch":{}}]"#)["tools"] as? NSObject
                == GeminiFixtures.json(#"[{"googleSearch":{}}]"#))
    }

    @Test(arguments: [
        (#""auto""#, #"{"mode":"AUTO"}"#), (#""none""#, #"{"mode":"NONE"}"#), (#""required""#, #"{"mode":"ANY"}"#),
        (#"{"type":"function","function":{"name":"f"}}"#, #"{"mode":"ANY","allowedFunctionNames":["f"]}"#),
    ])
    func choosesTools(_ choice: String, _ config: String) throws {
        #expect(
            try GeminiFixtures.asked(#""tool_choice":\#(choice)"#)["toolConfig"] as? NSObject
                == GeminiFixtures.json(#"{"functionCallingConfig":\#(config)}"#))
    }

    // MARK: Embeddings

    @Test func embedsTextsInOneBatch() throws {
        let body = try GeminiFixtures.body(
            #""input":["One","Two"],"dimensions":64,"encoding_format":"float","user":"u","extra":{"taskType":"RETRIEVAL_QUERY"}"#,
            model: "e")
        let more = #""outputDimensionality":64,"taskType":"RETRIEVAL_QUERY","model":"models/e""#
        #expect(
            try body
                == GeminiFixtures.json(
                    #"""
                    {"requests":[{"content":{"parts":[{"text":"One"}],"role":"user"},\#(more)},{"content":{"parts":[{"text":"Two"}],"role":"user"},\#(more)}]}
                    """#))
        #expect(
            try GeminiFixtures.body(#""input":"One""#, model: "e\"")
                == GeminiFixtures.json(#"{"requests":[{"content":{"parts":[{"text":"One"}],"role":"user"},"model":"models/e\""}]}"#))
    }
}
