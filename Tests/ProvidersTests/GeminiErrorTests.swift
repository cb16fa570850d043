import Envelope
import Providers
import Testing

@Suite struct GeminiErrorTests {
    @Test(arguments: [
        (400, "INVALID_ARGUMENT", "Invalid value at 'contents'", ErrorCode.providerInvalidRequest, false),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", .auth, false),
        (400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", .auth, false),
        (
            400, "INVALID_ARGUMENT", "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).",
            .contextLength, false
        ),
        (400, "context_length_exceeded", "This model's maximum context length was exceeded.", .contextLength, false),
        (400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.", .requestTooLarge, false),
        (400, "FAILED_PRECONDITION", "User location is not supported for the API use.", .permission, false),
        (400, "FAILED_PRECONDITION", "Please enable billing on your project in Google AI Studio.", .permission, false),
        (400, "FAILED_PRECONDITION", "The File is not in an ACTIVE state and usage is not allowed.", .providerInvalidRequest, false),
        (400, "INVALID_ARGUMENT", "The location field is bad", .providerInvalidRequest, false),
        (401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", .auth, false),
        (403, "PERMISSION_DENIED", "Your API key was reported as leaked.", .permission, false),
        (404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta", .notFound, false),
        (409, "ABORTED", "The operation was aborted.", .overloaded, true),
        (413, "INVALID_ARGUMENT", "too large", .requestTooLarge, false),
        (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", .rateLimited, true),
        (429, "RESOURCE_EXHAUSTED", "* Quota exceeded for metric: requests, limit: 10, model: gemini-2.5-flash", .rateLimited, true),
        (429, "RESOURCE_EXHAUSTED", "* Quota exceeded for metric: requests, limit: 0, model: gemini-2.5-pro", .quotaExhausted, false),
        (429, "RESOURCE_EXHAUSTED", "* Quota exceeded for metric: requests, limit: 0\\nPlease retry in 10s.", .quotaExhausted, false),
        (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please go to AI Studio.", .quotaExhausted, false),
        (429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap.", .quotaExhausted, false),
        (499, "CANCELLED", "The operation was cancelled.", .providerInvalidRequest, false),
        (500, "INTERNAL", "An internal error has occurred.", .serverError, true),
        (501, "UNIMPLEMENTED", "Operation is not implemented", .providerInvalidRequest, false),
        (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", .overloaded, true),
        (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", .timeout, true),
    ])
    func judges(_ status: Int, _ word: String, _ message: String, _ code: ErrorCode, _ retryable: Bool) {
        let body = GeminiFixtures.error(status, word, message)
        // As an answer of its own, in an array as streams have it, and as an error in a stream, whose status says nothing.
        for (status, body) in [(status, body), (status, "[\(body)]"), (200, body)] {
            let error = failure(status, body, GeminiFixtures.format)
            #expect(error.code == code && error.retryable == retryable, "\(status) \(error)")
            #expect(error.message.contains(message.prefix(20)))
            #expect(error.retryAfterMilliseconds == nil)
        }
    }

    @Test func knowsABadKeyByItsReason() {
        let reason = #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}"#
        #expect(failure(400, GeminiFixtures.error(400, "INVALID_ARGUMENT", "m", details: reason), GeminiFixtures.format).code == .auth)
    }

    @Test(arguments: [
        ("", 502, ErrorCode.serverError), ("<html>Bad Gateway</html>", 502, .serverError), ("{}", 429, .rateLimited),
        (#"{"error":{"code":429,"message":"cut o"#, 429, .rateLimited), (#"{"error":null}"#, 503, .overloaded),
        (#"{"error":{"code":"x","status":7,"details":{}}}"#, 400, .providerInvalidRequest),
        (#"{"error":{"code":9223372036854775807}}"#, 200, .serverError), ("[[[[", 404, .notFound),
    ])
    func judgesByTheStatusWhereTheBodySaysNothing(_ body: String, _ status: Int, _ code: ErrorCode) {
        #expect(failure(status, body, GeminiFixtures.format).code == code)
    }

    @Test func masksKeys() {
        let error = failure(
            400, GeminiFixtures.error(400, "INVALID_ARGUMENT", "API key not valid: AIzaSyA1234567890abcdefghijk"), GeminiFixtures.format)
        #expect(!error.message.contains("AIzaSy"))
    }

    // MARK: Waiting

    @Test(
        arguments: [
            ("37s", 37_000), ("1.5s", 1_500), ("10.689924287s", 10_690), ("0s", 0), ("21599.960323804s", 21_599_961),
            ("999999999s", 7 * 86_400_000), ("-5s", nil), ("soon", nil), ("", nil),
        ] as [(String, Int?)])
    func waitsAsLongAsTheBodySays(_ delay: String, _ milliseconds: Int?) {
        let info = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#(delay)"}"#
        let error = failure(429, GeminiFixtures.error(429, "RESOURCE_EXHAUSTED", "m", details: info), GeminiFixtures.format)
        #expect(error.retryAfterMilliseconds == milliseconds)
    }

    @Test func waitsForTheLongerOfHeaderAndBody() {
        let body = GeminiFixtures.error(429, "RESOURCE_EXHAUSTED", "m", details: GeminiFixtures.retryInfo)
        #expect(failure(429, body, headers: ["retry-after": "50"], GeminiFixtures.format).retryAfterMilliseconds == 50_000)
        #expect(failure(429, body, headers: ["retry-after": "5"], GeminiFixtures.format).retryAfterMilliseconds == 37_000)
        #expect(failure(503, "{}", headers: ["retry-after-ms": "500"], GeminiFixtures.format).retryAfterMilliseconds == 500)
    }

    private func quota(_ id: String, now: Int64) -> ProviderError {
        failure(
            429,
            GeminiFixtures.error(429, "RESOURCE_EXHAUSTED", "m", details: "\(GeminiFixtures.quotaFailure(id)),\(GeminiFixtures.retryInfo)"),
            now: now,
            GeminiFixtures.format)
    }

    /// Reckoned with the time zone database.
    @Test(arguments: [
        ("2026-01-15T12:00:00Z", 72_000), ("2026-07-04T06:59:00Z", 60), ("2026-07-04T07:00:00Z", 86_400), ("2026-03-08T08:00:00Z", 82_800),
        ("2026-03-08T09:59:59Z", 75_601), ("2026-03-08T10:00:00Z", 75_600), ("2026-03-09T06:59:00Z", 60), ("2026-11-01T07:00:00Z", 90_000),
        ("2026-11-01T08:59:59Z", 82_801), ("2026-11-01T09:00:00Z", 82_800), ("2026-11-02T07:59:00Z", 60), ("2024-12-31T23:59:59Z", 28_801),
        ("2025-01-01T07:30:00Z", 1_800), ("2027-03-14T12:00:00Z", 68_400), ("2028-11-05T07:00:00Z", 90_000),
        ("2037-11-01T08:30:00Z", 84_600),
    ])
    func waitsForMidnightInCalifornia(_ now: String, _ seconds: Int) throws {
        let milliseconds = try #require(withBytes(now) { Timestamp.milliseconds(parsing: $0) })
        let error = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", now: milliseconds)
        #expect(error.code == .rateLimited && error.retryable)
        #expect(error.retryAfterMilliseconds == seconds * 1000)
        #expect(quota("GenerateRequestsPerMinutePerProjectPerModel", now: milliseconds).retryAfterMilliseconds == 37_000)
    }

    @Test func waitsNoDayWhereTheTimeIsNotKnown() {
        #expect(quota("GenerateRequestsPerDayPerProjectPerModel", now: 0).retryAfterMilliseconds == 37_000)
        #expect(quota("GenerateRequestsPerDayPerProjectPerModel", now: .min).retryAfterMilliseconds == 37_000)
        #expect(quota("GenerateRequestsPerDayPerProjectPerModel", now: .max).retryAfterMilliseconds == 28_800_001)
    }

    @Test func readsNoLimitsFromHeaders() {
        #expect(GeminiFixtures.format.rateLimits(header: { _ in "1" }, now: 0).isEmpty)
    }
}
