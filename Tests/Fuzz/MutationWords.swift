/// What parsers stumble over.
enum MutationWords {
    static let bytes = Array("{}[]\",:\\u0-+.eE tfn/\r\n\u{1F}\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xEF, 0xF4, 0xFF]

    static let numbers = words([
        "0", "-0", "-1", "1", "2", "1023", "1024", "1025", "2147483648", "4294967296", "9007199254740993", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "0.1",
        "1e-7", "1e308", "1e309", "-1e400", "1e-400", "1E+2", "0.5e1", "1" + String(repeating: "0", count: 400),
        "0." + String(repeating: "3", count: 400),
    ])

    static let scalars =
        words([
            "null", "true", "false", #""""#, "[]", "{}", "[null]", "[[]]", "[{}]", #"{"":null}"#, #"{"a":1,"a":2}"#, #""stop""#,
            #""length""#,
            #""error""#, #""text""#, #""high""#, #""assistant""#, #""object""#,
        ]) + numbers

    /// What may stand within a JSON string.
    static let texts = words([
        #"\u0000"#, #"\ud83d\ude00"#, #"\u0065rror"#, #"\\"#, #"\""#, #"\n"#, #"\/"#, "é", "漢", "😀", "\u{FEFF}", "\u{2028}", "\u{10FFFF}",
        "data:", ";base64,", "data:;base64,", "data:image/png;base64,", "https://", "https://h/a", "call_1", "3.5s", "-1s", "1e300s",
        "9999999999h", "#/$defs/a", "#", "^(a+)+$", "[a-z]{1,1000}", #"{\"a\":1}"#, #"{\""#, #"[1,\"\u00e9\"]"#, "null", " ",
        "context length", "Request too large for", String(repeating: "a", count: 300), String(repeating: "é", count: 600),
    ])

    /// What no JSON has in a value's place.
    static let broken =
        words([
            "01", "1.", "-", "+1", "NaN", "Infinity", #"{"a""#, "[1", #""\u""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\uD8""#,
            #""\x""#, #""\"#, "\"\u{0}\"", "\"\n\"", "\"\t\"", "tru", "nul", "'a'", "/**/1", "1,", ",",
        ]) + [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xC0, 0x80, 0x22],
        ]

    /// Lines of event streams and of header fields.
    static let lines =
        words([
            "data: [DONE]", "data:", "data: {}", "data", "event: error", "event: message", "event:", "id: 1", "id", ": ping", "retry: 10",
            "retry: 99999999999999999999", "", "\n", "\r", "\r\r", "200", "400", "402", "413", "429", "503", "529", "0", "-1",
            "retry-after: 7", "retry-after: inf", "retry-after: 1e300", "retry-after: -1", "retry-after: nan", "retry-after: 0x1p62",
            "retry-after: Fri, 31 Dec 9999 23:59:59 GMT", "retry-after: Sun, 99 Nov 99999999999999999999 08:49:37 GMT",
            "retry-after: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after-ms: 9223372036854775807", "x-should-retry: true",
            "x-ratelimit-limit-requests: 1", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 9999999h",
            "x-ratelimit-reset-requests: 6m0s", "x-ratelimit-remaining-tokens-minute: -9223372036854775808",
            "x-ratelimit-reset-tokens-minute: 1e400", "anthropic-ratelimit-requests-limit: 1", "anthropic-ratelimit-requests-remaining: 0",
            "anthropic-ratelimit-requests-reset: 9999-12-31T23:59:59Z", "anthropic-ratelimit-requests-reset: 0000-00-00T99:99:99+99:99",
        ]) + [[0xEF, 0xBB, 0xBF], [0x1E], [0]]

    static let members = words([
        #""error":{"message":"m","type":"t","code":"c"}"#, #""usage":{"prompt_tokens":1}"#, #""index":1"#, #""index":1023"#, #""index":-1"#,
        #""finish_reason":"stop""#, #""n":2"#, #""stream":true"#, #""logprobs":true"#, #""tool_calls":[]"#, #""content":[]"#,
        #""cache_control":{"type":"ephemeral"}"#, #""extra":{"a":1}"#, #""thinking":{"type":"enabled","budget_tokens":1024}"#,
        #""reasoning_effort":"high""#, #""response_format":{"type":"json_object"}"#, ##""$ref":"#""##, #""enum":[1]"#, #""not":{}"#,
    ])

    static let all = [scalars, texts, broken, lines, members]

    private static func words(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
}
