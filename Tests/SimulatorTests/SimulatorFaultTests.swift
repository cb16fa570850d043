import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite struct SimulatorFaultTests {
    @Test func answersFaultsAsOpenAIDoes() async throws {
        for (fault, status, type, code) in [
            (\FaultRates.serverError, 500, "server_error", nil), (\.overloaded, 503, "server_error", nil),
            (\.rateLimited, 429, "requests", "rate_limit_exceeded"),
        ] as [(WritableKeyPath<FaultRates, Double>, Int, String, String?)] {
            var options = quick
            options.faults[keyPath: fault] = 1
            options.tokensPerSecond = 1e-3  // What is no answer takes no time to write.
            try await withSimulator(options) { _, connection in
                let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("a")))
                let error = try #require(answer.json["error"] as? [String: Any])
                #expect(answer.status == status && error["type"] as? String == type && error["code"] as? String == code)
                #expect(error["message"] is String && error["param"] is NSNull)
                #expect((answer.headers["retry-after"] == "1") == (status == 429))
                #expect((answer.headers["retry-after-ms"] != nil) == (status == 429))
            }
        }
    }

    @Test func cutsTheBodyAndTellsItsLength() async throws {
        var options = quick
        options.faults.malformed = 1
        try await withSimulator(options) { simulator, connection in
            for _ in 0..<2 {
                let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("a")))
                #expect(answer.status == 200 && answer.json.isEmpty && answer.body.hasPrefix("{\"id\":"))
            }
            #expect(simulator.statistics[.malformed] == 2 && simulator.statistics.repeatedOK == 0)
        }
    }

    @Test func breaksAStreamInTheMiddle() async throws {
        var options = quick
        options.faults.malformed = 1
        try await withSimulator(options) { _, connection in
            let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("a", #","stream":true"#)))
            #expect(!answer.body.contains("[DONE]") && !answer.body.hasSuffix("\n\n"))
            #expect(answer.events.count > 2)
        }
    }

    @Test func disconnectsInsteadOfAnswering() async throws {
        var options = quick
        options.faults.disconnected = 1
        try await withSimulator(options) { simulator, connection in
            try #expect(connection.call("POST", "/v1/chat/completions", chat("a")) == nil)
            #expect(simulator.statistics[.disconnected] == 1 && simulator.statistics[.abandoned] == 0)
            #expect(simulator.statistics.inFlight == 0)
        }
    }

    @Test func limitsRequestsAMinute() async throws {
        var options = quick
        options.limits.requestsPerMinute = 2
        try await withSimulator(options) { simulator, connection in
            for remaining in ["1", "0"] {
                let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("a")))
                #expect(answer.status == 200 && answer.headers["x-ratelimit-remaining-requests"] == remaining)
                #expect(answer.headers["x-ratelimit-limit-requests"] == "2")
            }
            let refused = try #require(try connection.call("POST", "/v1/chat/completions", chat("a")))
            #expect(refused.status == 429 && (refused.json["error"] as? [String: Any])?["code"] as? String == "rate_limit_exceeded")
            let wait = try #require(refused.headers["retry-after-ms"].flatMap { Int($0) })
            #expect((1...30_000).contains(wait) && refused.headers["retry-after"] == "\((wait + 999) / 1000)")
            #expect(simulator.statistics[.throttled] == 1)
        }
    }

    @Test func limitsTokensAMinuteByWhatAnswersUse() async throws {
        var options = quick
        options.limits.tokensPerMinute = 100
        try await withSimulator(options) { simulator, connection in
            let first = try #require(try connection.call("POST", "/v1/chat/completions", chat("[words 40] a")))
            let used = try #require((first.json["usage"] as? [String: Any])?["total_tokens"] as? Int)
            #expect(first.headers["x-ratelimit-limit-tokens"] == "100" && first.headers["x-ratelimit-limit-requests"] == "1000000000")
            #expect(first.headers["x-ratelimit-remaining-tokens"] == "\(100 - used)")
            let refused = try #require(try connection.call("POST", "/v1/chat/completions", chat("[words 99] b")))
            #expect(refused.status == 429 && refused.headers["x-ratelimit-remaining-tokens"] == "\(100 - used)")
            #expect(((refused.json["error"] as? [String: Any])?["message"] as? String)?.contains("tokens per min") == true)
            let anthropic = try #require(
                try connection.call(
                    "POST", "/v1/messages", chat("[words 9] c", #","max_tokens":9"#),
                    headers: ["anthropic-version: 2023-06-01", "x-api-key: k"]))
            #expect(anthropic.status == 200 && anthropic.headers["anthropic-ratelimit-tokens-limit"] == "100")
            let quota = try #require(try connection.call("GET", "/simulator/stats")?.json["keys"] as? [String: [String: Any]])[""]?["quota"]
            let counts = try #require(quota as? [String: Any])
            #expect(counts["admitted"] as? Int == 1 && counts["refused"] as? Int == 1 && counts["admitted_tokens"] as? Int == used)
            #expect(counts["most_tokens_1s"] as? Int == used && counts["most_requests_60s"] as? Int == 1)
            #expect(counts["first_admission_s"] as? Double == counts["last_admission_s"] as? Double)
        }
    }

    @Test func demandsItsKey() async throws {
        var options = quick
        options.apiKey = "secret"
        try await withSimulator(options) { simulator, connection in
            for (headers, code) in [([], nil), (["authorization: Bearer other"], "invalid_api_key")] as [([String], String?)] {
                let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("a"), headers: headers))
                #expect(answer.status == 401 && (answer.json["error"] as? [String: Any])?["code"] as? String == code)
            }
            let answer = try connection.call("POST", "/v1/chat/completions", chat("a"), headers: ["Authorization: Bearer secret"])
            #expect(answer?.status == 200 && simulator.statistics[.unauthorized] == 2)
        }
    }

    @Test(arguments: [
        ("POST", "/v1/chat/completions", "{", 400), ("POST", "/v1/responses", "{}", 404), ("GET", "/", "", 404),
        ("GET", "/v1/chat/completions", "", 405), ("POST", "/v1/models", "{}", 405), ("DELETE", "/simulator/stats", "", 405),
    ])
    func refusesWhatIsNotInOrder(_ method: String, _ path: String, _ body: String, _ status: Int) async throws {
        try await withSimulator { simulator, connection in
            let answer = try #require(try connection.call(method, path, body))
            let error = try #require(answer.json["error"] as? [String: Any])
            #expect(answer.status == status && error["type"] as? String == "invalid_request_error")
            #expect(simulator.statistics.requests == 1 && simulator.statistics[.invalidRequest] == 1)
            try #expect(connection.call("GET", "/v1/models")?.status == 200, "the connection stays open")
        }
    }
}
