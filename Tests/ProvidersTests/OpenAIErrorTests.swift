import Envelope
import Providers
import Testing

@Suite struct OpenAIErrorTests {
    private func body(_ message: String, type: String = "invalid_request_error", code: String? = nil) -> String {
        #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"code":\#(code.map { "\"\($0)\"" } ?? "null")}}"#
    }

    @Test(arguments: [
        (301, ErrorCode.providerInvalidRequest, false),
        (400, .providerInvalidRequest, false),
        (401, .auth, false),
        (402, .quotaExhausted, false),
        (403, .permission, false),
        (404, .notFound, false),
        (405, .providerInvalidRequest, false),
        (408, .timeout, true),
        (409, .overloaded, true),
        (413, .requestTooLarge, false),
        (422, .providerInvalidRequest, false),
        (425, .overloaded, true),
        (429, .rateLimited, true),
        (499, .providerInvalidRequest, false),
        (500, .serverError, true),
        (502, .serverError, true),
        (503, .overloaded, true),
        (504, .timeout, true),
        (529, .overloaded, true),
        (520, .serverError, true),
    ])
    func judgesByStatus(_ status: Int, _ code: ErrorCode, _ retryable: Bool) {
        let error = failure(status, body("Something happened"))
        #expect(error.code == code)
        #expect(error.retryable == retryable)
        #expect(error.status == status)
        #expect(error.message.contains("\(status)") && error.message.hasSuffix("Something happened"))
        #expect(error.retryAfterMilliseconds == nil)
    }

    @Test(arguments: [
        (429, "requests", "rate_limit_exceeded", ErrorCode.rateLimited), (429, "tokens", "slow_down", .rateLimited),
        (429, "insufficient_quota", "insufficient_quota", .quotaExhausted),
        (429, "insufficient_quota", "credit_balance_exhausted", .quotaExhausted),
        (429, "insufficient_quota", "unheard_of", .quotaExhausted), (429, "x", "organization_spend_limit_exceeded", .quotaExhausted),
        (429, "x", "project_spend_limit_exceeded", .quotaExhausted), (429, "x", "organization_usage_limit_exceeded", .quotaExhausted),
        (400, "invalid_request_error", "context_length_exceeded", .contextLength),
        (400, "invalid_request_error", "content_policy_violation", .contentFiltered),
        (400, "x", "content_filter", .contentFiltered),
        (404, "invalid_request_error", "model_not_found", .notFound),
        (401, "x", "invalid_api_key", .auth),
        (400, "x", "invalid_api_key", .auth),
    ])
    func judgesByTheErrorsCode(_ status: Int, _ type: String, _ identifier: String, _ code: ErrorCode) {
        let error = failure(status, body("m", type: type, code: identifier))
        #expect(error.code == code)
        #expect(error.retryable == (code == .rateLimited))
    }

    @Test func knowsWhatCanOnlyFailAgain() {
        let always = ["x-should-retry": "true"]
        #expect(!failure(429, body("m", type: "insufficient_quota"), headers: always).retryable)
        #expect(!failure(400, body("m", code: "context_length_exceeded"), headers: always).retryable)
        let large = failure(
            429, body("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.", code: "rate_limit_exceeded"))
        #expect(large.code == .requestTooLarge && !large.retryable)
        let other = failure(
            400, #"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#)
        #expect(other.code == .contextLength)
    }

    @Test func obeysTheProvidersWord() {
        #expect(!failure(500, "{}", headers: ["x-should-retry": "false"]).retryable)
        #expect(!failure(400, "{}", headers: ["x-should-retry": "true"]).retryable, "of 4xx only 408, 409, 425 and 429 are")
        #expect(failure(409, "{}", headers: ["x-should-retry": "true"]).retryable)
        #expect(!failure(409, "{}", headers: ["x-should-retry": "false"]).retryable)
        #expect(failure(500, "{}", headers: ["x-should-retry": "maybe"]).retryable)
    }

    @Test(
        arguments: [
            ([:], nil), (["retry-after-ms": "1500"], 1500), (["retry-after-ms": "12.5", "retry-after": "9"], 12),
            (["retry-after": "2"], 2000),
            (["retry-after": "0.25"], 250),
            (["retry-after": "0"], 0),
            (["retry-after": "-1"], nil),
            (["retry-after": "soon"], nil),
            (["retry-after": "nan"], nil),
            (["retry-after-ms": "x", "retry-after": "3"], 3000),
            (["retry-after": "1e300"], 604_800_000),
            (["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"], 7000),
            (["retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"], 7000), (["retry-after": "Sun Nov  6 08:49:37 1994"], 7000),
            (["retry-after": "Sun, 06 Nov 1994 08:49:00 GMT"], 0), (["retry-after": "Sun, 31 Feb 1994 08:49:00 GMT"], nil),
            (["retry-after": "Sun, 06 Nov 1994 08:49:37 CET"], nil),
            (["retry-after": "Sun, 06 Nov 1994 8:49 GMT"], nil),
            (["retry-after": ""], nil),
            (["retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"], 604_800_000),
        ] as [([String: String], Int?)])
    func readsHowLongToWait(_ headers: [String: String], _ milliseconds: Int?) {
        let now: Int64 = 784_111_770_000  // 1994-11-06T08:49:30Z
        #expect(failure(429, "", headers: headers, now: now).retryAfterMilliseconds == milliseconds)
    }

    @Test(arguments: [
        (#"{"error":{"message":"nested"}}"#, "nested"),
        (#"{"message":"flat","type":"x","code":"y"}"#, "flat"),
        (#"{"error":"text"}"#, "text"),
        (#"{"detail":"Not Found"}"#, "Not Found"),
        ("<html>502</html>", "<html>502</html>"),
        ("", "no explanation"),
        (#"{"error":{"message":"cut off","ty"#, "cut off"),
        (#"{"error":{"message":"caf\u00e9"}}"#, "café"), (#"{"error":{"code":5}}"#, #"{"error":{"code":5}}"#),
    ])
    func quotesTheProvider(_ body: String, _ mention: String) {
        let error = failure(500, body)
        #expect(error.message.hasSuffix(mention), "\(error.message)")
    }

    @Test func quotesAtMost500BytesAndNoHalfCharacters() {
        for padding in 0..<4 {
            let message = failure(500, body(String(repeating: "x", count: padding) + String(repeating: "漢", count: 400))).message
            let quoted = message.dropFirst("the provider answered with status 500: ".count)
            #expect((497...500).contains(quoted.utf8.count))
            #expect(quoted.last == "漢")
        }
        #expect(failure(500, String(repeating: "y", count: 5000)).message.utf8.count < 600)
    }

    @Test func hintsAtTheCauseOfARedirect() {
        #expect(failure(308, "moved").message.contains("base_url"))
    }
}
