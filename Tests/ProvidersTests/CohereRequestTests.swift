import Envelope
import Foundation
import Providers
import Testing

@Suite struct CohereRequestTests {
    private static let hello = #""messages":[{"role":"user","content":"Hi"}]"#

    private func body(_ members: String, maxTokens: Int? = nil) throws -> String {
        let written = try ProvidersTests.body(CohereFormat(), "{\"id\":\"a\",\(members)}", model: "command-a-03-2025", maxTokens: maxTokens)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(written.utf8)) }
        return written
    }

    /// The body of a chat with these members beside one message, without what every such body has.
    private func chat(_ members: String, maxTokens: Int? = nil) throws -> String {
        let written = try body(members.isEmpty ? Self.hello : "\(Self.hello),\(members)", maxTokens: maxTokens)
        let start = "{\"model\":\"command-a-03-2025\",\(Self.hello)"
        #expect(written.hasPrefix(start))
        return String(written.dropFirst(start.count).dropLast())
    }

    private func messages(_ messages: String) throws -> String {
        let written = try body("\"messages\":[\(messages)]")
        let start = "{\"model\":\"command-a-03-2025\",\"messages\":["
        let end = "],\"stream\":false}"
        #expect(written.hasPrefix(start) && written.hasSuffix(end))
        return String(written.dropFirst(start.count).dropLast(end.count))
    }

    // MARK: Messages

    @Test(arguments: [
        (#"{"role":"user","content":"a \"b\" \u2603 é"}"#, #"{"role":"user","content":"a \"b\" \u2603 é"}"#),
        (#"{"name":"x","content":"a","role":"developer","cache_control":{"type":"ephemeral"}}"#, #"{"role":"system","content":"a"}"#),
        (
            #"{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"text":"b","type":"text"}]}"#,
            #"{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA\/A=","detail":"low"}}]}"#,
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA\/A=","detail":"low"}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"https://a/b.png"}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"https://a/b.png"}}]}"#
        ),
        (#"{"role":"assistant","content":"a","reasoning_content":"b"}"#, #"{"role":"assistant","content":"a"}"#),
        (#"{"role":"assistant","content":null,"refusal":"No."}"#, #"{"role":"assistant","content":"No."}"#),
        (#"{"role":"assistant"}"#, #"{"role":"assistant","content":""}"#),
        (#"{"role":"assistant","content":"a","tool_calls":[]}"#, #"{"role":"assistant","content":"a"}"#),
        (
            #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"b"}]}"#,
            #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#
        ),
        (#"{"role":"tool","content":"12 °C","tool_call_id":"c1"}"#, #"{"role":"tool","tool_call_id":"c1","content":"12 °C"}"#),
        (
            #"{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"12"}]}"#,
            #"{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"12"}]}"#
        ),
    ])
    func translatesMessages(_ message: String, _ expected: String) throws {
        #expect(try messages(message) == expected)
        #expect(try messages("\(message),\(message)") == "\(expected),\(expected)")
    }

    @Test(arguments: [
        (#""content":null,"#, ""), (#""content":"","#, ""), (#""content":"I \"look\".","#, #""tool_plan":"I \"look\".","#),
        (#""content":[{"type":"text","text":"I "},{"type":"text","text":"look\n"}],"#, #""tool_plan":"I look\n","#),
        (#""content":null,"reasoning_content":"b","thinking_blocks":[],"#, ""),
    ])
    func putsTheTextBesideToolCallsIntoThePlan(_ content: String, _ plan: String) throws {
        let calls =
            #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}"#
        let given = calls.replacing(#""type":"function","#, with: #""type":"function","extra_content":{"google":{}},"#)
        #expect(
            try messages("{\"role\":\"assistant\",\(content)\"tool_calls\":[\(given)]}")
                == "{\"role\":\"assistant\",\(plan)\"tool_calls\":[\(calls)]}")
    }

    @Test(arguments: [
        #"{"role":"user"}"#, #"{"role":"system","content":null}"#, #"{"role":"tool","content":"x"}"#,
        #"{"role":"tool","tool_call_id":"a"}"#,
        #"{"role":"user","content":[{"text":"a"}]}"#, #"{"role":"user","content":[{"type":"text"}]}"#,
        #"{"role":"user","content":[{"type":"text","text":7}]}"#, #"{"role":"user","content":["a"]}"#,
        #"{"role":"user","content":[{"type":"image_url"}]}"#,
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":null}}]}"#,
        #"{"role":"assistant","tool_calls":[{"id":"a"}]}"#,
        #"{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}"#,
        #"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}"#,
        #"{"role":"assistant","content":[{"type":"text"}],"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
    ])
    func refusesMessagesThatCannotBeTranslated(_ message: String) {
        let error = #expect(throws: ProviderError.self) { try body("\"messages\":[\(message)]") }
        #expect(error?.code == .providerInvalidRequest)
        #expect(error?.retryable == false)
        #expect(error?.message.contains("cohere") == true)
    }

    @Test(arguments: [
        (#"{"role":"function","name":"f","content":"x"}"#, "role \"function\""),
        (#"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}"#, "input_audio"),
        (#"{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}"#, "file"),
        (#"{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://a"}}]}"#, "image_url"),
        (#"{"role":"tool","tool_call_id":"c","content":[{"type":"image_url","image_url":{"url":"https://a"}}]}"#, "image_url"),
    ])
    func refusesMessagesThatCohereHasNot(_ message: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try body("\"messages\":[\(message)]") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("cohere has no ") == true)
        #expect(error?.message.contains(mention) == true)
    }

    @Test func quotesLittleOfWhatItRefuses() {
        let error = #expect(throws: ProviderError.self) {
            try body("\"messages\":[{\"role\":\"\(String(repeating: "r", count: 10_000))\",\"content\":\"x\"}]")
        }
        #expect((error?.message.utf8.count ?? .max) < 200)
    }

    // MARK: Fields

    @Test(arguments: [
        ("", ""), (#""temperature":0.50"#, #","temperature":0.50"#), (#""top_p":0.9,"top_k":40"#, #","p":0.9,"k":40"#),
        (#""seed":7"#, #","seed":7"#),
        (#""presence_penalty":0.5,"frequency_penalty":0.25"#, #","presence_penalty":0.5,"frequency_penalty":0.25"#),
        (#""stop":"\n""#, #","stop_sequences":["\n"]"#), (#""stop":["a","b"]"#, #","stop_sequences":["a","b"]"#),
        (#""logprobs":true"#, #","logprobs":true"#), (#""max_tokens":5"#, #","max_tokens":5"#),
        (#""max_completion_tokens":5"#, #","max_tokens":5"#), (#""max_tokens":5,"max_completion_tokens":6"#, #","max_tokens":6"#),
        (#""response_format":{"type":"json_object"}"#, #","response_format":{"type":"json_object"}"#),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type": "object"}}}"#,
            #","response_format":{"type":"json_object","json_schema":{"type": "object"}}"#
        ),
        (#""tool_choice":"auto""#, ""), (#""tool_choice":"required""#, #","tool_choice":"REQUIRED""#),
        (#""tool_choice":"none""#, #","tool_choice":"NONE""#), (#""reasoning_effort":"none""#, #","thinking":{"type":"disabled"}"#),
        (#""thinking":{"type":"disabled","budget_tokens":9}"#, #","thinking":{"type":"disabled"}"#),
        (#""thinking":{"type":"disabled"},"reasoning_effort":"none""#, #","thinking":{"type":"disabled"}"#),
        (#""thinking":{"budget_tokens":2048,"type":"enabled"}"#, #","thinking":{"type":"enabled","token_budget":2048}"#),
        (#""thinking":{"type":"adaptive"}"#, #","thinking":{"type":"enabled"}"#),
        (
            #""extra":{"safety_mode":"STRICT","documents":["a"],"priority":null}"#,
            #","safety_mode":"STRICT","documents":["a"],"priority":null"#
        ),
        (#""extra":{"max_tokens":3}"#, #","max_tokens":3"#),
        // Neutral values, and what has no place.
        (
            #""n":1,"presence_penalty":0,"frequency_penalty":0.0,"logprobs":false,"top_logprobs":0,"logit_bias":{},"parallel_tool_calls":true,"response_format":{"type":"text"},"tools":[],"service_tier":"auto","user":"u""#,
            ""
        ),
        (#""temperature":null,"stop":null,"tools":null,"verbosity":null,"thinking":null,"max_tokens":null"#, ""),
    ])
    func translatesFields(_ members: String, _ expected: String) throws {
        #expect(try chat(members) == expected + ",\"stream\":false")
    }

    @Test func takesTheConfiguredLengthAndStreams() throws {
        #expect(try chat("", maxTokens: 100) == ",\"max_tokens\":100,\"stream\":false")
        #expect(try chat("\"max_tokens\":7", maxTokens: 100) == ",\"max_tokens\":7,\"stream\":false")
        #expect(try chat("\"stream\":true") == ",\"stream\":true")
    }

    @Test func translatesTools() throws {
        let weather = #"{"type":"function","function":{"name":"w","description":"d","parameters":{"type":"object"}}}"#
        #expect(try chat("\"tools\":[\(weather)]") == ",\"tools\":[\(weather)],\"stream\":false")
        let marked =
            #"{"cache_control":{"type":"ephemeral"},"type":"function","function":{"name":"w","strict":true,"description":"d","parameters":{"type":"object"}}}"#
        #expect(try chat("\"tools\":[\(marked),\(weather)]") == ",\"tools\":[\(weather),\(weather)],\"strict_tools\":true,\"stream\":false")
        let bare = #"{"type":"function","function":{"name":"w","description":null,"strict":false}},{"type":"web_search","x":[1]}"#
        #expect(
            try chat("\"tools\":[\(bare)]")
                == #","tools":[{"type":"function","function":{"name":"w","parameters":{"type":"object","properties":{}}}},{"type":"web_search","x":[1]}],"stream":false"#
        )
    }

    @Test(arguments: [
        (#""n":2"#, "n above 1"), (#""logit_bias":{"1":2}"#, "logit_bias"), (#""logprobs":true,"top_logprobs":3"#, "top_logprobs"),
        (#""parallel_tool_calls":false"#, "parallel_tool_calls"), (#""verbosity":"low""#, "verbosity"),
        (#""reasoning_effort":"high""#, "reasoning_effort"), (#""service_tier":"flex""#, "service_tier"),
        (#""tool_choice":{"type":"function","function":{"name":"f"}}"#, "tool_choice"), (#""tool_choice":"any""#, "tool_choice \"any\""),
        (#""response_format":{"type":"grammar"}"#, "response_format \"grammar\""), (#""dimensions":3"#, "dimensions"),
        (#""suffix":"x""#, "suffix"),
    ])
    func refusesWhatCohereHasNot(_ members: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try chat(members) }
        #expect(error?.code == .unsupported)
        #expect(error?.retryable == false)
        #expect(error?.message.hasPrefix("cohere has no \(mention)") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        #""logprobs":3"#, #""response_format":{}"#, #""response_format":{"type":"json_schema","json_schema":{"name":"n"}}"#,
        #""thinking":{}"#, #""thinking":{"type":"much"}"#, #""thinking":{"type":"enabled"},"reasoning_effort":"none""#,
        #""tools":[{"type":"function"}]"#, #""tools":[{"type":"function","function":{"description":"d"}}]"#,
        #""top_p":0.9,"extra":{"p":0.8}"#, #""max_completion_tokens":1,"extra":{"max_tokens":2}"#,
        #""stop":"a","extra":{"stop_sequences":["b"]}"#,
    ])
    func refusesFieldsThatCannotBeTranslated(_ members: String) {
        let error = #expect(throws: ProviderError.self) { try chat(members) }
        #expect(error?.code == .providerInvalidRequest)
    }

    // MARK: Embeddings and the rest

    @Test(arguments: [
        (#""input":"a""#, #","texts":["a"],"input_type":"search_document","embedding_types":["float"]}"#),
        (
            #""input":["a","\u2603"],"dimensions":256,"encoding_format":"float","user":"u""#,
            #","texts":["a","\u2603"],"output_dimension":256,"embedding_types":["float"],"input_type":"search_document"}"#
        ),
        (
            #""input":"a","encoding_format":"base64","extra":{"input_type":"search_query","truncate":"END"}"#,
            #","texts":["a"],"embedding_types":["base64"],"input_type":"search_query","truncate":"END"}"#
        ),
        (
            #""input":"a","encoding_format":null,"extra":{"embedding_types":["int8"]}"#,
            #","texts":["a"],"input_type":"search_document","embedding_types":["int8"]}"#
        ),
    ])
    func writesEmbeddings(_ members: String, _ expected: String) throws {
        #expect(try body(members) == "{\"model\":\"command-a-03-2025\"" + expected)
    }

    @Test(arguments: [
        (#""input":[1,2]"#, "input of tokens"), (#""input":[[1,2]]"#, "input of tokens"),
        (#""input":"a","encoding_format":"hex""#, "encoding_format \"hex\""), (#""input":"a","seed":1"#, "seed in embeddings"),
        (#""prompt":"a""#, "completions"),
    ])
    func refusesWhatEmbeddingsAndCompletionsHaveNot(_ members: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try body(members) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("cohere has no \(mention)") == true, "\(error?.message ?? "")")
    }

    @Test func refusesAnEncodingGivenTwice() {
        let error = #expect(throws: ProviderError.self) {
            try body(#""input":"a","encoding_format":"float","extra":{"embedding_types":["int8"]}"#)
        }
        #expect(error?.code == .providerInvalidRequest)
        #expect(error?.message.contains("embedding_types") == true)
    }

    @Test func namesPathsAndHeaders() {
        let format = CohereFormat()
        #expect(RequestType.allCases.map { format.path(for: $0, isStreamed: true)?.description } == ["/chat", nil, "/embed"])
        #expect(
            format.headers(key: "k", organization: "o") == [
                HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "authorization", value: "Bearer k"),
            ])
        #expect(format.headers(key: "", organization: nil).map(\.name) == ["content-type"])
        #expect(format.name == "cohere" && format.defaultBaseURL == "https://api.cohere.com/v2")
    }
}
