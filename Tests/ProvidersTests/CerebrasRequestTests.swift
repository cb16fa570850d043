import Envelope
import Foundation
import Providers
import Testing

@Suite struct CerebrasRequestTests {
    private static let hello = #""messages":[{"role":"user","content":"Hi"}]"#

    private func body(_ members: String, maxTokens: Int? = nil) throws -> String {
        let written = try ProvidersTests.body(CerebrasFormat(), "{\"id\":\"a\",\(members)}", model: "gpt-oss-120b", maxTokens: maxTokens)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(written.utf8)) }
        return written
    }

    /// What a chat's body has behind one message.
    private func chat(_ members: String, maxTokens: Int? = nil) throws -> String {
        let written = try body(members.isEmpty ? Self.hello : "\(Self.hello),\(members)", maxTokens: maxTokens)
        let start = "{\"model\":\"gpt-oss-120b\",\(Self.hello)"
        #expect(written.hasPrefix(start))
        return String(written.dropFirst(start.count).dropLast())
    }

    private func messages(_ messages: String) throws -> String {
        let written = try body("\"messages\":[\(messages)]")
        let start = "{\"model\":\"gpt-oss-120b\",\"messages\":["
        let end = "],\"max_completion_tokens\":4096}"
        #expect(written.hasPrefix(start) && written.hasSuffix(end))
        return String(written.dropFirst(start.count).dropLast(end.count))
    }

    @Test(arguments: [
        #""temperature" : 0.70,"top_p":0.9,"seed":7,"n":2,"presence_penalty":0.5,"frequency_penalty":-0.5"#,
        #""logit_bias":{"50256":-100},"logprobs":true,"top_logprobs":3,"user":"u","service_tier":"flex""#,
        #""stop":["\n","☃"],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false"#,
        #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{}}}]"#,
        #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{},"strict":true}}"#,
    ])
    func copiesFieldsByteForByte(_ members: String) throws {
        #expect(try chat(members) == ",\(members),\"max_completion_tokens\":4096")
    }

    @Test func copiesMembersOfExtra() throws {
        #expect(
            try chat(#""extra":{"reasoning_format":"parsed","clear_thinking":null}"#)
                == #","reasoning_format":"parsed","clear_thinking":null,"max_completion_tokens":4096"#)
    }

    @Test(
        arguments: [
            (#""max_tokens":77"#, nil, #","max_completion_tokens":77"#),
            (#""max_completion_tokens":77"#, 5, #","max_completion_tokens":77"#),
            (#""max_tokens":1,"max_completion_tokens":2"#, nil, #","max_completion_tokens":2"#),
            (#""max_tokens":null"#, nil, #","max_completion_tokens":4096"#), ("", 100, #","max_completion_tokens":100"#),
            (#""extra":{"max_completion_tokens":9}"#, 100, #","max_completion_tokens":9"#),
            (#""extra":{"max_tokens":9}"#, nil, #","max_tokens":9"#),
            (#""seed":null,"verbosity":null"#, 1, #","max_completion_tokens":1"#),
        ] as [(String, Int?, String)])
    func alwaysNamesALength(_ members: String, _ configured: Int?, _ expected: String) throws {
        #expect(try chat(members, maxTokens: configured) == expected)
    }

    @Test(arguments: [
        (#""reasoning_effort":"high""#, #""high""#), (#""reasoning_effort":"none""#, #""none""#),
        (#""thinking":{"type":"disabled"}"#, #""none""#), (#""thinking":{"type":"disabled"},"reasoning_effort":"none""#, #""none""#),
    ])
    func translatesTheEffort(_ members: String, _ expected: String) throws {
        #expect(try chat(members) == ",\"max_completion_tokens\":4096,\"reasoning_effort\":\(expected)")
    }

    @Test func streamsAndWritesCompletions() throws {
        #expect(
            try chat(#""stream":true"#) == #","max_completion_tokens":4096,"stream":true,"stream_options":{"include_usage":true}"#)
        #expect(
            try body(#""prompt":"Once","max_tokens":16,"stop":["."],"suffix":"x","logprobs":2"#)
                == #"{"model":"gpt-oss-120b","prompt":"Once","stop":["."],"suffix":"x","logprobs":2,"max_tokens":16}"#)
        #expect(try body(#""prompt":"Once""#, maxTokens: 8) == #"{"model":"gpt-oss-120b","prompt":"Once","max_tokens":8}"#)
    }

    @Test(arguments: [
        #"{"role" : "user","content":"a \"file\" with \u0022cache_control\u0022 é"}"#,
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}"#,
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#,
        #"{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"x"}]}"#,
    ])
    func copiesMessagesByteForByte(_ message: String) throws {
        #expect(try messages(message) == message)
    }

    @Test(arguments: [
        (#"{"role":"user","content":"a","cache_control":{"type":"ephemeral"}}"#, #"{"role":"user","content":"a"}"#),
        (
            #"{"role":"user","content":[{"cache_control":{},"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#
        ),
        (
            #"{"role":"assistant","content":"a","reasoning_content":"b","thinking_blocks":[{}],"refusal":null}"#,
            #"{"role":"assistant","content":"a","reasoning":"b"}"#
        ),
        (#"{"reasoning_content":null,"role":"assistant","content":"a"}"#, #"{"role":"assistant","content":"a"}"#),
        (
            #"{"role":"assistant","reasoning_content":"x","reasoning":"y","content":"a"}"#,
            #"{"role":"assistant","reasoning":"y","content":"a"}"#
        ),
        (#"{"role":"assistant","content":null,"refusal":"No."}"#, #"{"role":"assistant","content":"No."}"#),
        (#"{"role":"assistant","refusal":"No.","content":"a"}"#, #"{"role":"assistant","content":"a"}"#),
        (
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","extra_content":{"google":{}},"type":"function"},7]}"#,
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function"},7]}"#
        ),
    ])
    func changesWhatCerebrasTakesOtherwise(_ message: String, _ expected: String) throws {
        #expect(try messages("\(message),\(message)") == "\(expected),\(expected)")
    }

    @Test func dropsTheMarksOfTools() throws {
        #expect(
            try chat(#""tools":[{"type":"function","cache_control":{"type":"ephemeral"},"function":{"name":"f"}},{"type":"function"}]"#)
                == #","tools":[{"type":"function","function":{"name":"f"}},{"type":"function"}],"max_completion_tokens":4096"#)
    }

    @Test(arguments: [
        (#""top_k":40"#, "top_k"), (#""verbosity":"low""#, "verbosity"), (#""reasoning_effort":"xhigh""#, "reasoning_effort \"xhigh\""),
        (#""reasoning_effort":"minimal""#, "reasoning_effort \"minimal\""),
        (#""thinking":{"type":"enabled","budget_tokens":9}"#, "thinking"),
        (#""thinking":{"type":"adaptive"}"#, "thinking"), (#""dimensions":2"#, "dimensions"), (#""suffix":"x""#, "suffix"),
    ])
    func refusesWhatCerebrasHasNot(_ members: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try chat(members) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("cerebras has no \(mention)") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (#""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]"#, "\"input_audio\""),
        (#""messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]"#, "\"file\""),
        (#""input":"x""#, "embedding"), (#""prompt":"x","tools":[]"#, "tools in completion requests"),
        (#""prompt":"x","reasoning_effort":"low""#, "reasoning_effort in completion requests"),
    ])
    func refusesPartsAndTypes(_ members: String, _ mention: String) {
        let error = #expect(throws: ProviderError.self) { try body(members) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("cerebras has no \(mention)") == true, "\(error?.message ?? "")")
    }

    @Test func refusesAnEffortWithoutThinking() {
        let error = #expect(throws: ProviderError.self) { try chat(#""thinking":{"type":"disabled"},"reasoning_effort":"high""#) }
        #expect(error?.code == .providerInvalidRequest)
    }

    @Test func namesPathsAndHeaders() {
        let format = CerebrasFormat()
        #expect(
            RequestType.allCases.map { format.path(for: $0, isStreamed: true)?.description } == ["/chat/completions", "/completions", nil])
        #expect(
            format.headers(key: "k", organization: "o") == [
                HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "authorization", value: "Bearer k"),
            ])
        #expect(format.name == "cerebras" && format.defaultBaseURL == "https://api.cerebras.ai/v1")
    }
}
