import Envelope
import Providers
import Testing

@Suite struct CohereErrorTests {
    private static let trial =
        "You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'."

    @Test(arguments: [
        (400, "invalid request: list of documents must not be empty", ErrorCode.providerInvalidRequest, false),
        (
            400, "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292. Try using a shorter prompt.",
            .contextLength, false
        ),
        (400, "Too many tokens: size limit exceeded by 11326 tokens.", .contextLength, false),
        (
            400, "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192.",
            .providerInvalidRequest, false
        ),
        (401, "invalid api token", .auth, false), (401, "no api key supplied", .auth, false),
        (402, "Please add or update your payment method at https://dashboard.cohere.com/billing", .quotaExhausted, false),
        (403, "forbidden", .permission, false),
        (404, "model 'x' not found, make sure the correct model ID was used and that you have access to the model.", .notFound, false),
        (408, "timeout", .timeout, true), (413, "too large", .requestTooLarge, false),
        (422, "invalid request: temperature is too high", .providerInvalidRequest, false),
        (422, "your request resulted in an invalid tool generation", .providerInvalidRequest, false),
        (429, "You are past the per minute request limit, please wait and try again later.", .rateLimited, true),
        (429, "You are using a Trial key, which is limited to 40 API calls / minute.", .rateLimited, true),
        (429, "trial token rate limit exceeded, limit is 100000 tokens per minute", .rateLimited, true),
        (429, trial, .quotaExhausted, false),
        (498, "blocked", .contentFiltered, false), (499, "request cancelled", .serverError, false),
        (500, "internal server error", .serverError, true), (501, "not implemented", .unsupported, false),
        (503, "service unavailable", .overloaded, true), (504, "gateway timeout", .timeout, true),
    ])
    func judgesByStatusAndMessage(_ status: Int, _ message: String, _ code: ErrorCode, _ retryable: Bool) {
        for body in [#"{"message":"\#(message)"}"#, #"{"id":"24e32f6d-b372-4853-85f2-11e65134f032","message":"\#(message)"}"#] {
            let error = failure(status, body, CohereFormat())
            #expect(error.code == code)
            #expect(error.retryable == retryable)
            #expect(error.status == status)
            #expect(error.message.contains("\(status)") && error.message.hasSuffix(message))
            #expect(error.retryAfterMilliseconds == nil)
        }
    }

    @Test func readsTheWaitAndBodiesThatAreNoJSON() {
        let limited = failure(429, #"{"message":"slow down"}"#, headers: ["retry-after": "2.5"], CohereFormat())
        #expect(limited.retryAfterMilliseconds == 2500)
        #expect(failure(503, "<html>upstream</html>", CohereFormat()).message.contains("upstream"))
        #expect(failure(500, "", CohereFormat()).code == .serverError)
    }

    @Test func neverRetriesACancelledCallWhateverAHeaderSays() {
        #expect(!failure(499, "{}", headers: ["x-should-retry": "true"], CohereFormat()).retryable)
    }

    @Test func readsTheLimitOfTrialKeys() {
        let headers = [
            "x-endpoint-monthly-call-limit": "1000", "x-trial-endpoint-call-limit": "20", "x-trial-endpoint-call-remaining": "19",
        ]
        #expect(
            CohereFormat().rateLimits(header: { headers[$0] }, now: 0) == [
                RateLimitReading(unit: .requests, window: .minute, limit: 20, remaining: 19, resetMilliseconds: nil)
            ])
        #expect(CohereFormat().rateLimits(header: { _ in nil }, now: 0).isEmpty)
        #expect(CohereFormat().rateLimits(header: { _ in "-1" }, now: 0).isEmpty)
        #expect(CohereFormat().rateLimits(header: { $0.hasSuffix("limit") ? "x" : "3" }, now: 0).first?.limit == nil)
    }
}
