import Envelope
import Providers
import Testing

@Suite struct AnthropicErrorTests {
    private func error(
        _ status: Int, _ type: String, _ message: String = "m", detail: String? = nil, headers: [String: String] = [:], now: Int64 = 0
    ) -> ProviderError {
        let details = detail.map { #","details":{"error_code":"\#($0)"}"# } ?? ""
        return failure(
            status, #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(details)},"request_id":"req_1"}"#,
            headers: headers, now: now, AnthropicFormat())
    }

    @Test(arguments: [
        (400, "invalid_request_error", ErrorCode.providerInvalidRequest, false), (401, "authentication_error", .auth, false),
        (402, "billing_error", .quotaExhausted, false), (403, "permission_error", .permission, false),
        (404, "not_found_error", .notFound, false), (409, "conflict_error", .overloaded, true),
        (413, "request_too_large", .requestTooLarge, false), (429, "rate_limit_error", .rateLimited, true),
        (500, "api_error", .serverError, true), (504, "timeout_error", .timeout, true), (529, "overloaded_error", .overloaded, true),
        (404, "invalid_request_error", .notFound, false), (422, "invalid_request_error", .providerInvalidRequest, false),
        (503, "api_error", .overloaded, true), (500, "overloaded_error", .overloaded, true), (500, "new_error", .serverError, true),
        (403, "authentication_error", .auth, false),
    ])
    func judgesByTypeAndStatus(_ status: Int, _ type: String, _ code: ErrorCode, _ retryable: Bool) {
        let error = error(status, type)
        #expect(error.code == code && error.retryable == retryable && error.status == status)
        #expect(error.message == "the provider answered with status \(status): m")
    }

    @Test(arguments: [
        (429, "enforced_spend_limit_reached", ErrorCode.quotaExhausted), (429, "contract_spend_limit_reached", .quotaExhausted),
        (403, "linked_organization_spend_limit_reached", .quotaExhausted),
        (403, "linked_organization_billing_unavailable", .quotaExhausted),
        (400, "organization_on_hold", .permission), (413, "request_body_too_large_after_decoding", .requestTooLarge),
        (429, "ramp_limit_exceeded", .rateLimited), (429, "new_word", .rateLimited),
    ])
    func judgesByTheWordForPrograms(_ status: Int, _ detail: String, _ code: ErrorCode) {
        let error = error(
            status, status == 429 ? "rate_limit_error" : "invalid_request_error", detail: detail, headers: ["retry-after": "3"])
        #expect(error.code == code && error.retryable == (code == .rateLimited))
    }

    @Test(arguments: [
        (400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.", ErrorCode.quotaExhausted),
        (400, "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", .quotaExhausted),
        (400, "You have reached your specified workspace API usage limits.", .quotaExhausted),
        (429, "You have reached your API usage limits: your organization has crossed its monthly API usage threshold.", .quotaExhausted),
        (400, "prompt is too long: 250000 tokens > 200000 maximum", .contextLength), (413, "Prompt is too long", .contextLength),
        (400, "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length", .contextLength),
        (400, "Output blocked by content filtering policy", .contentFiltered),
        (400, "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens", .providerInvalidRequest),
    ])
    func judgesByTheSentence(_ status: Int, _ message: String, _ code: ErrorCode) {
        let error = error(status, status == 429 ? "rate_limit_error" : "invalid_request_error", message)
        #expect(error.code == code && !error.retryable)
    }

    @Test func aLimitThatSaysHowLongToWaitIsNoEnd() {
        let message = "You have reached your specified workspace API usage limits."
        let error = error(429, "rate_limit_error", message, headers: ["retry-after": "30"])
        #expect(error.code == .rateLimited && error.retryable && error.retryAfterMilliseconds == 30_000)
    }

    @Test(arguments: [
        ("", ErrorCode.overloaded), ("<html>", .overloaded), ("{}", .overloaded), (#"{"error":"text"}"#, .overloaded), ("[1]", .overloaded),
        (#"{"type":"error","error":{"type":"rate_limit_error","mess"#, .rateLimited),
    ])
    func toleratesOtherBodies(_ body: String, _ code: ErrorCode) {
        #expect(failure(503, body, AnthropicFormat()).code == code)
    }

    @Test(
        arguments: [
            ([:], nil), (["retry-after": "12"], 12_000), (["retry-after": "Wed, 21 Oct 2026 07:28:05 GMT"], 5000),
            (["anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:09Z"], nil),
            (
                [
                    "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "0",
                    "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:09Z",
                ], 9000
            ),
        ] as [([String: String], Int?)])
    func readsHowLongToWait(_ headers: [String: String], _ milliseconds: Int?) {
        let now: Int64 = 1_792_567_680_000  // 2026-10-21T07:28:00Z
        #expect(error(429, "rate_limit_error", headers: headers, now: now).retryAfterMilliseconds == milliseconds)
        #expect(!error(500, "api_error", headers: ["x-should-retry": "false"]).retryable)
    }

    @Test func readsTheLimits() {
        let now: Int64 = 1_792_567_680_000
        let headers = [
            "anthropic-ratelimit-requests-limit": "4000", "anthropic-ratelimit-requests-remaining": "3999",
            "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:00.500Z", "anthropic-ratelimit-tokens-limit": "480000",
            "anthropic-ratelimit-tokens-remaining": "470000", "anthropic-ratelimit-tokens-reset": "2026-10-21T09:28:02+02:00",
            "anthropic-ratelimit-input-tokens-limit": "400000", "anthropic-ratelimit-input-tokens-remaining": "0",
            "anthropic-ratelimit-input-tokens-reset": "soon", "anthropic-ratelimit-output-tokens-limit": "80000",
            "anthropic-ratelimit-output-tokens-remaining": "79000", "anthropic-ratelimit-output-tokens-reset": "2026-10-21T07:27:00Z",
        ]
        let format = AnthropicFormat()
        #expect(
            format.rateLimits(header: { headers[$0] }, now: now) == [
                RateLimitReading(unit: .requests, window: .minute, limit: 4000, remaining: 3999, resetMilliseconds: 500),
                RateLimitReading(unit: .tokens, window: .minute, limit: 480_000, remaining: 470_000, resetMilliseconds: 2000),
                RateLimitReading(unit: .inputTokens, window: .minute, limit: 400_000, remaining: 0, resetMilliseconds: nil),
                RateLimitReading(unit: .outputTokens, window: .minute, limit: 80_000, remaining: 79_000, resetMilliseconds: 0),
            ])
        #expect(format.rateLimits(header: { _ in nil }, now: now).isEmpty)
        #expect(format.rateLimits(header: { $0.hasSuffix("reset") ? nil : "-1" }, now: now).isEmpty)
        #expect(format.rateLimits(header: { _ in "x" }, now: now).isEmpty)
    }
}
