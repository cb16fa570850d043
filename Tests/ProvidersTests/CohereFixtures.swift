/// Answers as Cohere's API gives them (https://docs.cohere.com/v2/reference/chat, .../embed and the guides on streaming and tools).
enum CohereFixtures {
    static let chat = #"""
        {
          "id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4",
          "finish_reason": "COMPLETE",
          "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "LLMs are \"large\" language\nmodels. \u2603"}]
          },
          "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 418}, "tokens": {"input_tokens": 71, "output_tokens": 418}}
        }
        """#

    static let toolCalls = #"""
        {"id":"4a8d8b3e","message":{"role":"assistant","tool_plan":"I will search for the weather.","tool_calls":[{"id":"get_weather_p1t92w7gfgq7","type":"function","function":{"name":"get_weather","arguments":"{\n    \"location\": \"Madrid\"\n}"}},{"id":"get_weather_ay6nmvjgp9vn","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":37.0,"output_tokens":28.0},"tokens":{"input_tokens":913.0,"output_tokens":83.0},"cached_tokens":896}}
        """#

    static let reasoning = #"""
        {"id":"r","message":{"role":"assistant","content":[{"type":"thinking","thinking":"Let me see. "},{"type":"thinking","thinking":"4."},{"type":"text","text":"Four "},{"type":"text","text":"sisters."}]},"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":30,"output_tokens":900}}}
        """#

    static let citations = #"""
        {"id":"e8f9afc1","message":{"role":"assistant","content":[{"type":"text","text":"It is 24°C."}],"citations":[{"start":6,"end":10,"text":"24°C","sources":[{"type":"tool","id":"get_weather_p1t92w7gfgq7:0","tool_output":{"temperature":"24°C"}}],"type":"TEXT_CONTENT"},{"start":0,"end":2,"text":"It","sources":[],"content_index":0}]},"finish_reason":"COMPLETE","usage":null}
        """#

    static let embeddings = #"""
        {"id":"5807ee2e-0cda-445a-9ec8-864c60a06606","embeddings":{"float":[[0.5,-0.25],[1e-3,2]]},"texts":["hello","goodbye"],"meta":{"api_version":{"version":"2","is_experimental":true},"billed_units":{"input_tokens":2},"warnings":["…"]},"response_type":"embeddings_by_type"}
        """#

    /// Events of a stream, each with its type.
    static func events(_ data: String...) -> [(type: String, data: String)] {
        data.map { (type: "message", data: $0) }
    }

    static let start =
        #"{"type":"message-start","id":"29f14a5a","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#
    static let textStart = #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#
    static let textEnd = #"{"type":"content-end","index":0}"#

    static func text(_ text: String) -> String {
        #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"\#(text)"}}}}"#
    }

    static func toolCall(_ index: Int, _ id: String, _ name: String) -> String {
        #"{"type":"tool-call-start","index":\#(index),"delta":{"message":{"tool_calls":{"id":"\#(id)","type":"function","function":{"name":"\#(name)","arguments":""}}}}}"#
    }

    static func arguments(_ index: Int, _ text: String) -> String {
        #"{"type":"tool-call-delta","index":\#(index),"delta":{"message":{"tool_calls":{"function":{"arguments":"\#(text)"}}}}}"#
    }

    static func end(_ reason: String, usage: String = #"{"billed_units":{"input_tokens":7,"output_tokens":2}}"#) -> String {
        #"{"type":"message-end","delta":{"finish_reason":"\#(reason)","usage":\#(usage)}}"#
    }
}
