import Envelope
import Foundation
import Providers
import Testing

private let function = #"{"type":"function","function":{"name":"f"}}"#

@Suite struct AnthropicRequestTests {
    /// The members of the body for an envelope with these members, in the order of their names, without `max_tokens` and `model`.
    private func members(_ envelope: String, maxTokens: Int? = nil) throws -> String {
        let written = try body(AnthropicFormat(), #"{"id":"a",\#(envelope)}"#, model: "claude", maxTokens: maxTokens)
        var object = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: Any])
        #expect(object.removeValue(forKey: "model") as? String == "claude")
        #expect(object.removeValue(forKey: "max_tokens") as? Int == 4096)
        return try canonical(object)
    }

    /// The body's `messages` for these.
    private func messages(_ messages: String) throws -> String {
        let written = try members(#""messages":[\#(messages)]"#)
        #expect(written.hasPrefix(#"{"messages":["#) && written.hasSuffix("]}"))
        return String(written.dropFirst(#"{"messages":["#.count).dropLast(2))
    }

    private func canonical(_ json: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys, .withoutEscapingSlashes]), as: UTF8.self)
    }

    private func canonical(_ json: String) throws -> String {
        try canonical(JSONSerialization.jsonObject(with: Data(json.utf8)))
    }

    private let user = #"{"content":"x","role":"user"}"#

    private func error(_ envelope: String) throws -> ProviderError {
        try #require(throws: ProviderError.self) { try body(AnthropicFormat(), #"{"id":"a",\#(envelope)}"#) }
    }

    @Test func namesPathsAndHeaders() {
        let format = AnthropicFormat()
        #expect(format.name == "anthropic" && format.defaultBaseURL == "https://api.anthropic.com/v1")
        for isStreamed in [false, true] {
            #expect(
                RequestType.allCases.map { format.path(for: $0, isStreamed: isStreamed)?.description }
                    == RequestType.allCases.map { $0 == .chat ? "/messages" : nil })
        }
        #expect(
            format.headers(key: "k", organization: "o") == [
                HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "anthropic-version", value: "2023-06-01"),
                HTTPField(name: "x-api-key", value: "k"),
            ])
        #expect(format.headers(key: "", organization: nil).map(\.name) == ["content-type", "anthropic-version"])
    }

    @Test func copiesTextsByteForByte() throws {
        let written = try body(
            AnthropicFormat(),
            #"{"id":"a","messages":[{"role":"system","content":"S\u00e9"},{"role":"user","content":"\u00e9é\/😀\n"}],"temperature" : 0.70}"#,
            model: "a\"b")
        #expect(
            written
                == #"{"model":"a\"b","max_tokens":4096,"messages":[{"role":"user","content":"\u00e9é\/😀\n"}],"system":"S\u00e9","temperature":0.70}"#
        )
    }

    // MARK: Messages

    @Test(arguments: [
        (#"{"role":"system","content":"One."}"#, #""One.""#),
        (#"{"role":"developer","content":"One.","name":"n"}"#, #""One.""#),
        (#"{"role":"system","content":[{"type":"text","text":"One."}]}"#, #"[{"text":"One.","type":"text"}]"#),
        (
            #"{"role":"system","content":"One.","cache_control":{"type":"ephemeral"}}"#,
            #"[{"cache_control":{"type":"ephemeral"},"text":"One.","type":"text"}]"#
        ),
        (
            #"{"role":"system","content":"One."},{"role":"developer","content":[{"type":"text","text":"Two.","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"Three."}]}"#,
            #"[{"text":"One.","type":"text"},{"cache_control":{"ttl":"1h","type":"ephemeral"},"text":"Two.","type":"text"},{"text":"Three.","type":"text"}]"#
        ),
        (#"{"role":"system","content":""},{"role":"system","content":null},{"role":"system","content":"One."}"#, #""One.""#),
    ])
    func putsWhatTheSystemSaysFirst(_ system: String, _ expected: String) throws {
        #expect(try members(#""messages":[\#(system),\#(user)]"#) == #"{"messages":[\#(user)],"system":\#(expected)}"#)
        #expect(try members(#""messages":[\#(user),\#(system)]"#) == #"{"messages":[\#(user)],"system":\#(expected)}"#)
    }

    @Test func hasNoSystemWhereNothingIsSaid() throws {
        #expect(try messages(#"{"role":"system","content":""},{"role":"system","content":[]},\#(user)"#) == user)
    }

    @Test(arguments: [
        (#"{"role":"user","content":"a"},{"role":"user","content":"b"}"#, #"{"content":"a","role":"user"},{"content":"b","role":"user"}"#),
        (
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"cache_control":{"type":"ephemeral"}}"#,
            #"{"content":[{"text":"a","type":"text"},{"cache_control":{"type":"ephemeral"},"text":"b","type":"text"}],"role":"user"}"#
        ),
        (#"{"role":"user","content":[]}"#, #"{"content":[],"role":"user"}"#),
        (#"{"role":"assistant","content":"a","reasoning_content":"r"}"#, #"{"content":"a","role":"assistant"}"#),
        (#"{"role":"assistant","content":""}"#, #"{"content":"","role":"assistant"}"#),
        (#"{"role":"assistant","content":null,"refusal":"No."}"#, #"{"content":"No.","role":"assistant"}"#),
        (
            #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"b"}],"tool_calls":[]}"#,
            #"{"content":[{"text":"a","type":"text"},{"text":"b","type":"text"}],"role":"assistant"}"#
        ),
        (
            #"{"role":"assistant","content":"a","cache_control":{"type":"ephemeral"}}"#,
            #"{"content":[{"cache_control":{"type":"ephemeral"},"text":"a","type":"text"}],"role":"assistant"}"#
        ),
        (
            #"{"role":"assistant","content":"","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}],"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\" : [1, \"\\u00e9\\n\"]}"}},{"id":"2","function":{"name":"g","arguments":""}}],"cache_control":{"type":"ephemeral"}}"#,
            #"{"content":[{"signature":"s","thinking":"t","type":"thinking"},{"data":"d","type":"redacted_thinking"},{"id":"1","input":{"a":[1,"é\n"]},"name":"f","type":"tool_use"},{"cache_control":{"type":"ephemeral"},"id":"2","input":{},"name":"g","type":"tool_use"}],"role":"assistant"}"#
        ),
        (
            #"{"role":"assistant","content":"a","tool_calls":[{"id":"1","type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]}"#,
            #"{"content":[{"text":"a","type":"text"},{"cache_control":{"type":"ephemeral"},"id":"1","input":{},"name":"f","type":"tool_use"}],"role":"assistant"}"#
        ),
        (
            #"{"role":"tool","tool_call_id":"1","content":"a"},{"role":"tool","tool_call_id":"2","content":[{"type":"text","text":"b"}],"cache_control":{"type":"ephemeral"}},{"role":"user","content":"c"},{"role":"tool","tool_call_id":"3","content":null}"#,
            #"{"content":[{"content":"a","tool_use_id":"1","type":"tool_result"},{"cache_control":{"type":"ephemeral"},"content":[{"text":"b","type":"text"}],"tool_use_id":"2","type":"tool_result"}],"role":"user"},{"content":"c","role":"user"},{"content":[{"tool_use_id":"3","type":"tool_result"}],"role":"user"}"#
        ),
    ])
    func translatesTurns(_ given: String, _ expected: String) throws {
        #expect(try messages(given) == expected)
    }

    @Test func keepsResultsTogetherAcrossWhatTheSystemSays() throws {
        let results =
            #"{"role":"tool","tool_call_id":"1","content":"a"},{"role":"system","content":"s"},{"role":"tool","tool_call_id":"2","content":"b"}"#
        #expect(
            try members(#""messages":[\#(results)]"#)
                == #"{"messages":[{"content":[{"content":"a","tool_use_id":"1","type":"tool_result"},{"content":"b","tool_use_id":"2","type":"tool_result"}],"role":"user"}],"system":"s"}"#
        )
    }

    @Test(arguments: [
        (
            #"{"type":"image_url","image_url":{"url":"data:image\/PNG;base64,iVBO\/w0+","detail":"high"},"cache_control":{"type":"ephemeral"}}"#,
            #"{"cache_control":{"type":"ephemeral"},"source":{"data":"iVBO/w0+","media_type":"image/png","type":"base64"},"type":"image"}"#
        ),
        (
            #"{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}"#,
            #"{"source":{"type":"url","url":"https://example.com/cat.png"},"type":"image"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBE","filename":"r.pdf"}}"#,
            #"{"source":{"data":"JVBE","media_type":"application/pdf","type":"base64"},"title":"r.pdf","type":"document"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:application/pdf;name=r.pdf;base64,JVBE"}}"#,
            #"{"source":{"data":"JVBE","media_type":"application/pdf","type":"base64"},"type":"document"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:text/markdown;charset=utf-8;base64,VMOpeHQKIg==","filename":"r.md"}}"#,
            #"{"source":{"data":"Téxt\n\"","media_type":"text/plain","type":"text"},"title":"r.md","type":"document"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:text/plain;base64,","filename":"r.txt"}}"#,
            #"{"source":{"data":"","media_type":"text/plain","type":"text"},"title":"r.txt","type":"document"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:image/webp;base64,UklG","filename":"r.webp"}}"#,
            #"{"source":{"data":"UklG","media_type":"image/webp","type":"base64"},"type":"image"}"#
        ),
        (
            #"{"type":"file","file":{"file_url":"https://example.com/r.pdf"},"cache_control":{"type":"ephemeral"}}"#,
            #"{"cache_control":{"type":"ephemeral"},"source":{"type":"url","url":"https://example.com/r.pdf"},"type":"document"}"#
        ),
        (#"{"type":"file","file":{"file_id":"file_1"}}"#, #"{"source":{"file_id":"file_1","type":"file"},"type":"document"}"#),
    ])
    func translatesImagesAndFiles(_ part: String, _ block: String) throws {
        #expect(try messages(#"{"role":"user","content":[\#(part)]}"#) == #"{"content":[\#(block)],"role":"user"}"#)
    }

    // MARK: Fields

    @Test(arguments: [
        (#""temperature":0.25,"top_p":0.9,"top_k":40"#, #""temperature":0.25,"top_k":40,"top_p":0.9"#),
        (#""stop":"\n""#, #""stop_sequences":["\n"]"#),
        (#""stop":["END","\n"]"#, #""stop_sequences":["END","\n"]"#),
        (#""user":"someone""#, #""metadata":{"user_id":"someone"}"#),
        (#""stream":true"#, #""stream":true"#),
        (#""service_tier":"auto""#, #""service_tier":"auto""#),
        (#""service_tier":"standard_only""#, #""service_tier":"standard_only""#),
        (#""service_tier":"default""#, #""service_tier":"standard_only""#),
        (#""reasoning_effort":"none""#, #""thinking":{"type":"disabled"}"#),
        (#""reasoning_effort":"none","thinking":{"type":"adaptive"}"#, #""thinking":{"type":"adaptive"}"#),
        (#""reasoning_effort":"minimal""#, #""output_config":{"effort":"low"}"#),
        (#""reasoning_effort":"low""#, #""output_config":{"effort":"low"}"#),
        (#""reasoning_effort":"medium""#, #""output_config":{"effort":"medium"}"#),
        (#""reasoning_effort":"high""#, #""output_config":{"effort":"high"}"#),
        (#""reasoning_effort":"xhigh""#, #""output_config":{"effort":"xhigh"}"#),
        (#""reasoning_effort":"max""#, #""output_config":{"effort":"max"}"#),
        (#""thinking":{"type":"enabled","budget_tokens":1024}"#, #""thinking":{"budget_tokens":1024,"type":"enabled"}"#),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","strict":true,"schema":{"type":"object"}}}"#,
            #""output_config":{"format":{"schema":{"type":"object"},"type":"json_schema"}}"#
        ),
        (
            #""reasoning_effort":"low","response_format":{"type":"json_schema","json_schema":{"schema":{}}}"#,
            #""output_config":{"effort":"low","format":{"schema":{},"type":"json_schema"}}"#
        ),
        (#""extra":{"inference_geo":"us","container":null}"#, #""container":null,"inference_geo":"us""#),
    ])
    func translatesFields(_ given: String, _ expected: String) throws {
        let expected = try canonical(#"{"messages":[\#(user)],\#(expected)}"#)
        #expect(try members(#""messages":[\#(user)],\#(given)"#) == expected)
    }

    @Test(arguments: [
        (#""tools":[\#(function)]"#, #""tools":[{"input_schema":{"type":"object"},"name":"f"}]"#),
        (
            #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","x":[]},"strict":true},"cache_control":{"type":"ephemeral"}},{"type":"web_search_20250305","name":"web_search","max_uses":2}]"#,
            #""tools":[{"cache_control":{"type":"ephemeral"},"description":"d","input_schema":{"type":"object","x":[]},"name":"f","strict":true},{"max_uses":2,"name":"web_search","type":"web_search_20250305"}]"#
        ),
        (
            #""tools":[\#(function)],"tool_choice":"auto""#,
            #""tool_choice":{"type":"auto"},"tools":[{"input_schema":{"type":"object"},"name":"f"}]"#
        ),
        (
            #""tools":[\#(function)],"tool_choice":"none","parallel_tool_calls":false"#,
            #""tool_choice":{"type":"none"},"tools":[{"input_schema":{"type":"object"},"name":"f"}]"#
        ),
        (
            #""tools":[\#(function)],"tool_choice":"required","parallel_tool_calls":true"#,
            #""tool_choice":{"type":"any"},"tools":[{"input_schema":{"type":"object"},"name":"f"}]"#
        ),
        (
            #""tools":[\#(function)],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false"#,
            #""tool_choice":{"disable_parallel_tool_use":true,"name":"f","type":"tool"},"tools":[{"input_schema":{"type":"object"},"name":"f"}]"#
        ),
        (
            #""tools":[\#(function)],"parallel_tool_calls":false"#,
            #""tool_choice":{"disable_parallel_tool_use":true,"type":"auto"},"tools":[{"input_schema":{"type":"object"},"name":"f"}]"#
        ),
    ])
    func translatesTools(_ given: String, _ expected: String) throws {
        #expect(try members(#""messages":[\#(user)],\#(given)"#) == #"{"messages":[\#(user)],\#(expected)}"#)
    }

    @Test(arguments: [
        #""n":1,"temperature":1,"top_p":1.0,"presence_penalty":0,"frequency_penalty":-0.0,"logprobs":false,"top_logprobs":0,"logit_bias":{ }"#,
        #""parallel_tool_calls":true,"response_format":{"type":"text"},"seed":null,"stop":null,"verbosity":null,"dimensions":null"#,
        #""tools":[],"tool_choice":"auto""#, #""tools":null,"tool_choice":"none","parallel_tool_calls":false"#,
        #""thinking":null,"user":null"#,
        #""max_tokens":null,"max_completion_tokens":null,"service_tier":null,"reasoning_effort":null,"n":null"#,
    ])
    func dropsWhatAsksForNothing(_ given: String) throws {
        #expect(try members(#""messages":[\#(user)],\#(given)"#) == #"{"messages":[\#(user)]}"#)
    }

    @Test(
        arguments: [
            ("", nil, 4096), ("", 100, 100), (#","max_tokens":7"#, 100, 7), (#","max_completion_tokens":8"#, nil, 8),
            (#","max_completion_tokens":8,"max_tokens":7"#, nil, 8), (#","thinking":{"type":"enabled","budget_tokens":99}"#, 100, 100),
            (#","thinking":{"type":"enabled","budget_tokens":2048}"#, 100, 2148),
            (#","thinking":{"type":"enabled","budget_tokens":2048},"max_tokens":50"#, 100, 50),
            (#","thinking":{"type":"enabled","budget_tokens":9223372036854775807}"#, nil, 4096 + (1 << 40)),
        ] as [(String, Int?, Int)])
    func alwaysSaysHowLongTheAnswerMayBe(_ given: String, _ usual: Int?, _ expected: Int) throws {
        let written = try body(AnthropicFormat(), #"{"id":"a","messages":[\#(user)]\#(given)}"#, maxTokens: usual)
        #expect(written.contains(#""max_tokens":\#(expected),"#), "\(written)")
    }

    // MARK: Refusals

    @Test(arguments: [
        (#""seed":7"#, "no seed"), (#""n":2"#, "no n;"), (#""presence_penalty":0.5"#, "no presence_penalty"),
        (#""frequency_penalty":-1"#, "no frequency_penalty"), (#""logit_bias":{"50256":-100}"#, "no logit_bias"),
        (#""logprobs":true"#, "no logprobs"), (#""top_logprobs":2"#, "no top_logprobs"), (#""verbosity":"medium""#, "no verbosity"),
        (#""dimensions":3"#, "no dimensions"), (#""suffix":"x""#, "no suffix"), (#""encoding_format":"float""#, "no encoding_format"),
        (#""response_format":{"type":"json_object"}"#, "json_object"), (#""response_format":{"type":"grammar"}"#, "grammar"),
        (#""service_tier":"flex""#, "service_tier \"flex\""), (#""reasoning_effort":"huge""#, "reasoning_effort \"huge\""),
        (#""tools":[\#(function)],"tool_choice":"maybe""#, "tool_choice \"maybe\""),
        (#""tools":[\#(function)],"tool_choice":{"type":"allowed_tools"}"#, "tool_choice \"allowed_tools\""),
    ])
    func refusesWhatThereIsNot(_ given: String, _ mention: String) throws {
        let error = try error(#""messages":[\#(user)],\#(given)"#)
        #expect(error.code == .unsupported && !error.retryable)
        #expect(error.message.hasPrefix("anthropic has no ") && error.message.contains(mention), "\(error.message)")
    }

    @Test(arguments: [
        (#""input":"x""#, "embedding requests"), (#""prompt":"x""#, "completion requests"),
        (#""messages":[{"role":"critic","content":"x"}]"#, "role \"critic\""),
        (#""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]"#, "input_audio"),
        (#""messages":[{"role":"user","content":[{"type":"video_url"}]}]"#, "video_url"),
        (#""messages":[{"role":"tool","tool_call_id":"1","content":[{"type":"input_audio"}]}]"#, "input_audio"),
        (#""messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"custom","custom":{}}]}]"#, "tool calls of type \"custom\""),
        (
            #""messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/zip;base64,AA=="}}]}]"#,
            "application/zip"
        ),
    ])
    func refusesMessagesThatThereAreNot(_ given: String, _ mention: String) throws {
        let error = try error(given)
        #expect(error.code == .unsupported && error.message.contains(mention), "\(error.message)")
    }

    @Test(arguments: [
        (#""messages":[{"role":"user","content":null}]"#, "no content"),
        (#""messages":[{"role":"assistant","content":null}]"#, "nothing in it"),
        (#""messages":[{"role":"assistant","tool_calls":"x","content":"y"}]"#, "tool_calls is a string"),
        (#""messages":[{"role":"assistant","thinking_blocks":["x"]}]"#, "thinking_blocks is a string"),
        (#""messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]"#, "no id"),
        (#""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{}}]}]"#, "no function with a name"),
        (#""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"[1]"}}]}]"#, "JSON object"),
        (#""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\":"}}]}]"#, "JSON object"),
        (
            #""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\":\"\u0000\"}"}}]}]"#,
            "JSON object"
        ),
        (#""messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":{}}}]}]"#, "JSON object"),
        (#""messages":[{"role":"tool","content":"x"}]"#, "no tool_call_id"),
        (#""messages":[{"role":"user","content":[{"text":"x"}]}]"#, "no type"),
        (#""messages":[{"role":"user","content":["x"]}]"#, "no type"),
        (#""messages":[{"role":"user","content":[{"type":"text"}]}]"#, "no text"),
        (#""messages":[{"role":"user","content":[{"type":"image_url","image_url":"https://x"}]}]"#, "no url"),
        (#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}]"#, "no base64"),
        (#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:;base64,x"}}]}]"#, "no media type"),
        (#""messages":[{"role":"user","content":[{"type":"file","file":{}}]}]"#, "no file_data"),
        (#""messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"JVBE"}}]}]"#, "data: URL"),
        (
            #""messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,/w=="}}]}]"#,
            "not base64 of UTF-8"
        ),
        (
            #""messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,é"}}]}]"#,
            "not base64 of UTF-8"
        ),
        (#""messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]"#, "no function with a name"),
        (#""messages":[{"role":"user","content":"x"}],"tool_choice":"required""#, "no tools"),
        (#""messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{}}"#, "no schema"),
        (#""messages":[{"role":"user","content":"x"}],"response_format":{}"#, "no type"),
        (#""messages":[{"role":"user","content":"x"}],"extra":{"max_tokens":5}"#, "max_tokens is in extra"),
        (#""messages":[{"role":"user","content":"x"}],"reasoning_effort":"low","extra":{"output_config":{}}"#, "output_config is in extra"),
    ])
    func refusesWhatCannotBeTranslated(_ given: String, _ mention: String) throws {
        let error = try error(given)
        #expect(error.code == .providerInvalidRequest && !error.retryable)
        #expect(
            error.message.hasPrefix("the request cannot be put into anthropic's format: ") && error.message.contains(mention),
            "\(error.message)")
    }
}
