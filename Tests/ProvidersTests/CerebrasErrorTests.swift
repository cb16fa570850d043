import Envelope
import Providers
import Testing

@Suite struct CerebrasErrorTests {
    @Test(arguments: [
        (400, "invalid_request_error", "wrong_api_format", "Bad", ErrorCode.providerInvalidRequest, false),
        (
            400, "invalid_request_error", "context_length_exceeded",
            "Please reduce the length of the messages or completion. Current length is 8305 while limit is 8192", .contextLength, false
        ),
        (401, "invalid_request_error", "wrong_api_key", "Wrong API Key", .auth, false),
        (402, "payment_required_error", "payment_required", "Payment required to access this resource.", .quotaExhausted, false),
        (403, "forbidden_error", "forbidden", "no", .permission, false),
        (404, "not_found_error", "model_not_found", "Model x does not exist or you do not have access to it.", .notFound, false),
        (408, "timeout", "request_timeout", "slow", .timeout, true),
        (
            422, "invalid_request_error", "wrong_api_format", "body.temperature: Input should be a valid number", .providerInvalidRequest,
            false
        ),
        (
            429, "too_many_requests_error", "request_quota_exceeded", "Requests per minute limit exceeded - too many requests sent.",
            .rateLimited, true
        ),
        (
            429, "too_many_tokens_error", "token_quota_exceeded", "Tokens per day limit exceeded - too many tokens processed.",
            .rateLimited,
            true
        ),
        (
            429, "too_many_requests_error", "queue_exceeded", "We're experiencing high traffic right now! Please try again soon.",
            .overloaded, true
        ),
        (500, "server_error", "internal_error", "oops", .serverError, true),
        (503, "server_error", "service_unavailable", "busy", .overloaded, true),
    ])
    func judgesByCodeAndStatus(_ status: Int, _ type: String, _ identifier: String, _ said: String, _ code: ErrorCode, _ retryable: Bool) {
        let flat = #"{"message":"\#(said)","type":"\#(type)","param":"","code":"\#(identifier)"}"#
        for body in [flat, "{\"error\":\(flat)}"] {
            let error = failure(status, body, CerebrasFormat())
            #expect(error.code == code)
            #expect(error.retryable == retryable)
            #expect(error.status == status)
            #expect(error.message.hasSuffix(said))
            #expect(error.retryAfterMilliseconds == nil)
        }
    }

    private func wait(_ message: String, _ headers: [String: String], status: Int = 429) -> Int? {
        failure(
            status, #"{"message":"\#(message)","type":"too_many_tokens_error","code":"token_quota_exceeded"}"#, headers: headers,
            CerebrasFormat()
        ).retryAfterMilliseconds
    }

    @Test func waitsUntilALimitIsWholeAgain() {
        let day = ["x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "33011.382867097855"]
        let minute = ["x-ratelimit-remaining-tokens-minute": "1200", "x-ratelimit-reset-tokens-minute": "11.382"]
        #expect(wait("x", ["retry-after": "3"]) == 3000)
        #expect(wait("x", day) == 33_011_382)
        #expect(wait("x", day.merging(["retry-after": "60"]) { $1 }) == 33_011_382)
        #expect(wait("x", ["retry-after": "99999"].merging(day) { $1 }) == 99_999_000)
        #expect(wait("Tokens per minute limit exceeded - too many tokens processed.", minute) == 11_382)
        #expect(wait("Tokens per minute limit exceeded", minute.merging(["retry-after": "2"]) { $1 }) == 2000)
        #expect(wait("Tokens per day limit exceeded - too many tokens processed.", minute) == nil)
        #expect(wait("x", day, status: 503) == nil)
    }

    @Test func readsTheLimits() {
        let headers = [
            "x-ratelimit-limit-requests-day": "1000000000", "x-ratelimit-limit-tokens-minute": "1000000000",
            "x-ratelimit-remaining-requests-day": "999997455", "x-ratelimit-remaining-tokens-minute": "999998298",
            "x-ratelimit-reset-requests-day": "33011.382867097855", "x-ratelimit-reset-tokens-minute": "11.382867097854614",
        ]
        #expect(
            CerebrasFormat().rateLimits(header: { headers[$0] }, now: 0) == [
                RateLimitReading(
                    unit: .requests, window: .day, limit: 1_000_000_000, remaining: 999_997_455, resetMilliseconds: 33_011_382),
                RateLimitReading(unit: .tokens, window: .minute, limit: 1_000_000_000, remaining: 999_998_298, resetMilliseconds: 11_382),
            ])
        #expect(CerebrasFormat().rateLimits(header: { _ in nil }, now: 0).isEmpty)
        let odd = CerebrasFormat().rateLimits(header: { $0.contains("reset") ? "1e400" : $0.contains("limit-limit") ? "x" : "1" }, now: 0)
        #expect(odd.count == 6)
        #expect(odd.allSatisfy { $0.limit == nil && $0.remaining == 1 && $0.resetMilliseconds == nil })
    }
}
