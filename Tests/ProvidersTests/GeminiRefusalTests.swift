import Envelope
import Providers
import Testing

@Suite struct GeminiRefusalTests {
    @Test(arguments: [
        (#""logit_bias":{"1":-100}"#, "logit_bias"), (#""parallel_tool_calls":false"#, "parallel_tool_calls"),
        (#""verbosity":"low""#, "verbosity"), (#""service_tier":"scale""#, #"service_tier "scale""#), (#""suffix":"x""#, "suffix"),
        (#""dimensions":2"#, "dimensions"), (#""encoding_format":"float""#, "encoding_format"),
        (#""response_format":{"type":"grammar"}"#, #""grammar""#), (#""tool_choice":"any""#, "tool_choice"),
        (#""tool_choice":{"type":"allowed_tools"}"#, "tool_choice"), (#""reasoning_effort":"xhigh""#, "xhigh"),
        (#""thinking":{"type":"deep"}"#, #""deep""#),
    ])
    func refusesWhatGeminiHasNot(_ member: String, _ named: String) {
        let error = GeminiFixtures.refusal(#""messages":[{"role":"user","content":"Q"}],\#(member)"#)
        #expect(error?.code == .unsupported && error?.retryable == false)
        #expect(error?.message.hasPrefix("gemini has no ") == true && error?.message.contains(named) == true, "\(error as Any)")
    }

    @Test(arguments: [
        (#""prompt":"x""#, "completions"), (#""input":[1,2]"#, "input"), (#""input":"x","encoding_format":"base64""#, "encoding_format"),
        (#""input":"x","temperature":1"#, "temperature"),
        (#""messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"x"}}]}]"#, "video_url"),
        (#""messages":[{"role":"function","content":"x"}]"#, "function"),
        (
            #""messages":[{"role":"assistant","tool_calls":\#(GeminiFixtures.calls)},{"role":"tool","tool_call_id":"c1","content":[{"type":"image_url"}]}]"#,
            "tool results"
        ),
    ])
    func refusesOtherRequests(_ members: String, _ named: String) {
        let error = GeminiFixtures.refusal(members)
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(named) == true, "\(error as Any)")
    }

    @Test(arguments: [
        #"{"role":"system","content":"S"}"#, #"{"role":"user","content":null}"#, #"{"role":"user","content":[]}"#,
        #"{"role":"user","content":[{"text":"x"}]}"#, #"{"role":"user","content":["x"]}"#, #"{"role":"user","content":[{"type":"text"}]}"#,
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}"#,
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:;base64,x"}}]}"#,
        #"{"role":"user","content":[{"type":"image_url","image_url":"https://e.com"}]}"#,
        #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x"}}]}"#,
        #"{"role":"user","content":[{"type":"input_audio","input_audio":{"format":"wav"}}]}"#,
        #"{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf"}}]}"#,
        #"{"role":"user","content":[{"type":"file","file":{"file_data":"JVBE"}}]}"#,
        #"{"role":"user","content":[{"type":"file","file":{"file_id":"files/a1"}}]}"#,
        #"{"role":"user","content":"Q"},{"role":"system","content":[{"type":"image_url"}]}"#,
        #"{"role":"user","content":"Q"},{"role":"tool","tool_call_id":"c","content":"x"}"#,
        #"{"role":"user","content":"Q"},{"role":"tool","content":"x"}"#,
        #"{"role":"assistant","tool_calls":{}}"#, #"{"role":"assistant","tool_calls":[{"id":"c","type":"function"}]}"#,
        #"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"[]"}}]}"#,
        #"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":"}}]}"#,
        #"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}"#,
    ])
    func refusesIllFormedMessages(_ messages: String) {
        let error = GeminiFixtures.refusal(#""messages":[\#(messages)]"#)
        #expect(error?.code == .providerInvalidRequest && error?.retryable == false, "\(error as Any)")
    }

    @Test(arguments: [
        #""response_format":{"type":"json_schema"}"#, #""response_format":{}"#, #""tools":[{"type":"function"}]"#, #""top_logprobs":2"#,
        #""logprobs":5"#, #""thinking":{"type":"enabled"}"#, #""thinking":{}"#,
        #""thinking":{"type":"disabled"},"reasoning_effort":"low""#, #""extra":{"generationConfig":1}"#, #""extra":{"contents":[]}"#,
        #""tool_choice":"auto","extra":{"toolConfig":{}}"#,
    ])
    func refusesIllFormedSettings(_ member: String) {
        #expect(GeminiFixtures.refusal(#""messages":[{"role":"user","content":"Q"}],\#(member)"#)?.code == .providerInvalidRequest)
    }

    @Test func refusesToRepeatMuchForEachInput() {
        let title = String(repeating: "x", count: 2000)
        #expect(GeminiFixtures.refusal(#""input":["a","b"],"extra":{"title":"\#(title)"}"#)?.code == .providerInvalidRequest)
        #expect(GeminiFixtures.refusal(#""input":["a","b"],"extra":{"content":{}}"#)?.code == .providerInvalidRequest)
    }
}
