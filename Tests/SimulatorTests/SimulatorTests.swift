import Foundation
import Testing

@testable import Simulator

@Suite struct SimulatorTests {
    @Test func answersAChat() async throws {
        try await withSimulator { simulator, connection in
            let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("Why?")))
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
            #expect(answer.headers["x-request-id"]?.hasPrefix("req_") == true)
            #expect(answer.headers["x-ratelimit-remaining-requests"] != nil && answer.headers["x-ratelimit-reset-tokens"] == "0s")
            #expect(answer.json["object"] as? String == "chat.completion" && answer.json["model"] as? String == "m")
            let choice = try #require((answer.json["choices"] as? [[String: Any]])?.first)
            #expect(choice["finish_reason"] as? String == "stop")
            let text = try #require((choice["message"] as? [String: Any])?["content"] as? String)
            let words = text.split(separator: " ")
            #expect(words.first.flatMap { UInt64($0, radix: 16) } == Fingerprint.digest("Why?".utf8))
            let usage = try #require(answer.json["usage"] as? [String: Any])
            #expect(usage["completion_tokens"] as? Int == words.count)
            #expect(usage["prompt_tokens"] as? Int == 8 && usage["total_tokens"] as? Int == 8 + words.count)
            #expect(simulator.statistics.completionTokens == words.count && simulator.statistics.promptTokens == 8)
        }
    }

    @Test func answersACompletion() async throws {
        try await withSimulator { _, connection in
            let answer = try #require(try connection.call("POST", "/v1/completions", #"{"model":"m","prompt":"a","max_tokens":2}"#))
            let choice = try #require((answer.json["choices"] as? [[String: Any]])?.first)
            #expect(answer.json["object"] as? String == "text_completion" && choice["finish_reason"] as? String == "length")
            #expect((choice["text"] as? String)?.split(separator: " ").count == 2)
        }
    }

    @Test func answersEmbeddingsByTheirInputs() async throws {
        try await withSimulator { _, connection in
            let answer = try #require(try connection.call("POST", "/v1/embeddings", #"{"model":"m","input":["a","b","a"]}"#))
            let vectors = (answer.json["data"] as? [[String: Any]] ?? []).compactMap { $0["embedding"] as? [Double] }
            #expect(vectors.count == 3 && vectors.allSatisfy { $0.count == 8 })
            #expect(vectors[0] == vectors[2] && vectors[0] != vectors[1])
            let single = try #require(try connection.call("POST", "/v1/embeddings", #"{"model":"m","input":"b","dimensions":8}"#))
            #expect((single.json["data"] as? [[String: Any]])?.first?["embedding"] as? [Double] == vectors[1])
        }
    }

    @Test func listsModelsAndStatistics() async throws {
        try await withSimulator { _, connection in
            let models = try #require(try connection.call("GET", "/v1/models"))
            #expect((models.json["data"] as? [[String: Any]])?.first?["id"] as? String == "simulated")
            let statistics = try #require(try connection.call("GET", "/simulator/stats?since=ever"))
            #expect(statistics.json["requests"] as? Int == 0 && statistics.json["connections"] as? Int == 1)
            #expect((statistics.json["errors"] as? [String: Int])?.count == Failure.allCases.count)
            #expect((statistics.json["keys"] as? [String: Any])?.isEmpty == true)
        }
    }

    @Test(arguments: [
        ("authorization: Bearer \"k\"", "\"k\""), ("authorization: bearer k", "k"), ("authorization: Basic k", ""), ("x: y", ""),
    ])
    func tellsWhatCameOfTheRequestsOfAKey(header: String, key: String) async throws {
        try await withSimulator { _, connection in
            _ = try connection.call("POST", "/v1/chat/completions", chat("Why?"), headers: [header])
            _ = try connection.call("POST", "/v1/chat/completions", "{", headers: [header])
            let statistics = try #require(try connection.call("GET", "/simulator/stats"))
            #expect(
                statistics.json["keys"] as? [String: [String: Int]] == [key: ["requests": 2, "ok": 1, "in_flight": 0, "peak_in_flight": 1]])
        }
    }

    @Test(arguments: [true, false])
    func streamsWordForWord(withUsage: Bool) async throws {
        var options = quick
        options.tokensPerSecond = 2000
        try await withSimulator(options) { simulator, connection in
            let whole = try #require(try connection.call("POST", "/v1/chat/completions", chat("Why?")))
            let extra = #","stream":true,"stream_options":{"include_usage":\#(withUsage)}"#
            let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat("Why?", extra)))
            #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("text/event-stream") == true)
            #expect(answer.events.last == "[DONE]")
            let chunks = try answer.events.dropLast().map { try #require(try object($0)) }
            let deltas = chunks.compactMap { ($0["choices"] as? [[String: Any]])?.first?["delta"] as? [String: Any] }
            #expect(deltas.first?["role"] as? String == "assistant")
            let text = deltas.compactMap { $0["content"] as? String }.joined()
            let message = (whole.json["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
            let told = try #require(message?["content"] as? String)
            #expect(text.hasPrefix(told) || told.hasPrefix(text), "the same prompt gets the same words")
            let usage = chunks.last?["usage"] as? [String: Any]
            #expect((usage?["completion_tokens"] as? Int) == (withUsage ? text.split(separator: " ").count : nil))
            let finish = chunks[chunks.count - (withUsage ? 2 : 1)]
            #expect((finish["choices"] as? [[String: Any]])?.first?["finish_reason"] as? String == "stop")
            #expect(simulator.statistics.ok == 2 && simulator.statistics.repeatedOK == 1)
        }
    }

    @Test func streamsCompletions() async throws {
        try await withSimulator { _, connection in
            let body = #"{"model":"m","prompt":"a","max_tokens":3,"stream":true}"#
            let answer = try #require(try connection.call("POST", "/v1/completions", body))
            let choices = try answer.events.dropLast().compactMap { try object($0)?["choices"] as? [[String: Any]] }.compactMap(\.first)
            #expect(choices.compactMap { $0["text"] as? String }.joined().split(separator: " ").count == 3)
            #expect(choices.last?["finish_reason"] as? String == "length")
        }
    }

    @Test func countsWhatIsPaidTwice() async throws {
        try await withSimulator { _, connection in
            for question in ["a", "b", "a", "a"] { _ = try connection.call("POST", "/v1/chat/completions", chat(question)) }
            let statistics = try #require(try connection.call("GET", "/simulator/stats")).json
            #expect(statistics["requests"] as? Int == 4 && statistics["ok"] as? Int == 4)
            #expect(statistics["distinct_prompts"] as? Int == 2 && statistics["repeated_ok"] as? Int == 2)
            #expect(statistics["in_flight"] as? Int == 0 && statistics["peak_in_flight"] as? Int == 1)
        }
    }

    @Test func twoRunsAreAlikeWhateverTheOrder() async throws {
        var random = Seeds.stream()
        var options = quick
        options.seed = random.next()
        options.faults.serverError = 0.3
        options.faults.rateLimited = 0.3
        options.faults.malformed = 0.2
        let questions = (0..<200).map { "question \($0)" }
        var runs: [[String: String]] = []
        for order in [questions, questions.shuffled(using: &random)] {
            var answers: [String: String] = [:]
            try await withSimulator(options) { _, connection in
                for question in order {
                    let answer = try #require(try connection.call("POST", "/v1/chat/completions", chat(question)))
                    let choices = answer.body.range(of: "\"choices\"").map { answer.body[$0.lowerBound...] } ?? ""
                    answers[question] = "\(answer.status) \(answer.headers["x-request-id"] ?? "") \(choices)"
                }
            }
            runs.append(answers)
        }
        #expect(questions.filter { runs[0][$0] != runs[1][$0] } == [])
        #expect(Set(runs[0].values.map { $0.prefix(3) }) == ["200", "429", "500"])
    }
}
