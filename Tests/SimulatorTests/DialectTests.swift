import Foundation
import TestSupport
import Testing

@testable import Simulator

/// What all formats have in common, by what is sent over a connection.
@Suite struct DialectTests {
    @Test(arguments: Wire.allCases) func streamsWhatItAnswersWhole(_ wire: Wire) async throws {
        let schema = #"{"type":"object","properties":{"k":{"enum":["é☃𝄞é☃𝄞"]},"n":{"type":"integer"}},"required":["k","n"]}"#
        try await withSimulator { _, connection in
            for (text, more) in [("[words 50] a", ""), ("[words 50] [reasoning] b", ""), ("c", wire.form(schema))] {
                let whole = try #require(try wire.ask(connection, text, more))
                let streamed = try #require(try wire.ask(connection, text, more, isStreamed: true))
                let told = try #require(wire.text(whole.json))
                #expect(events(streamed).compactMap(wire.delta).joined() == told)
                #expect(more.isEmpty ? told.split(separator: " ").count == 50 : try object(told)?["k"] as? String == "é☃𝄞é☃𝄞")
                #expect(wire.finish(whole.json) != nil && events(streamed).compactMap(wire.finish).count == 1)
            }
        }
    }

    @Test(arguments: Wire.allCases) func beginsWithTheDigestOfTheText(_ wire: Wire) async throws {
        try await withSimulator { _, connection in
            let answer = try #require(try wire.ask(connection, #"say \"hé\"\n"#))
            let word = wire.text(answer.json)?.split(separator: " ").first
            #expect(word.flatMap { UInt64($0, radix: 16) } == Fingerprint.digest("say \"hé\"\n".utf8))
        }
    }

    @Test(arguments: [
        (Wire.openAI, [500, 429, 503, 401, 403, 404, 400, 429]), (.cerebras, [500, 429, 503, 401, 403, 404, 400, 402]),
        (.anthropic, [500, 429, 529, 401, 403, 404, 400, 429]), (.gemini, [500, 429, 503, 400, 403, 404, 400, 429]),
        (.cohere, [500, 429, 503, 401, 403, 404, 400, 402]),
    ])
    func refusesAsItsProviderDoes(_ wire: Wire, _ statuses: [Int]) async throws {
        let faults: [Fault] = [.serverError, .rateLimited, .overloaded, .auth, .permission, .notFound, .contextLength, .quota]
        try await withSimulator { simulator, connection in
            for (fault, status) in zip(faults, statuses) {
                for isStreamed in [false, true] {
                    let answer = try #require(try wire.ask(connection, "[fault \(fault.name)]", isStreamed: isStreamed))
                    #expect(answer.status == status && !answer.json.isEmpty, "\(fault): \(answer.body)")
                    #expect(answer.headers["content-type"] == "application/json")
                }
                #expect(simulator.statistics[try #require(Failure(fault))] >= 2)
            }
            #expect(simulator.statistics.ok == 0 && simulator.statistics.inFlight == 0)
        }
    }

    @Test(arguments: [
        (Wire.openAI, [401, 403, 429]), (.cerebras, [401, 403, 402]), (.anthropic, [401, 403, 429]), (.gemini, [400, 403, 429]),
        (.cohere, [401, 403, 402]),
    ])
    func refusesKeysThatAreNoGood(_ wire: Wire, _ statuses: [Int]) async throws {
        try await withSimulator { simulator, connection in
            for (key, status) in zip(["a-revoked-key", "a-forbidden-key", "an-exhausted-key"], statuses) {
                try #expect(wire.ask(connection, "a", key: key)?.status == status)
                #expect(simulator.statistics.keys[key] == KeyStatistics(requests: 1, ok: 0, inFlight: 0))
            }
            try #expect(wire.ask(connection, "a", key: "a-good-key")?.status == 200)
        }
    }

    @Test(arguments: Wire.allCases) func aFaultWithACountComesOnlySoOften(_ wire: Wire) async throws {
        try await withSimulator { simulator, connection in
            let statuses = try (0..<4).map { _ in try wire.ask(connection, "[fault overloaded 2]")?.status == 200 }
            #expect(statuses == [false, false, true, true])
            #expect(simulator.statistics[.overloaded] == 2 && simulator.statistics.repeatedOK == 1)
        }
    }

    // MARK: Broken answers

    @Test(arguments: Wire.allCases) func aStreamThatIsTruncatedHasNoEnd(_ wire: Wire) async throws {
        try await withSimulator { simulator, connection in
            let answer = try #require(try wire.ask(connection, "[words 40] [fault truncate]", isStreamed: true))
            #expect(events(answer).count == answer.events.count, "every event is whole")
            #expect(events(answer).compactMap(wire.finish).isEmpty && !answer.body.contains("[DONE]"))
            #expect(events(answer).compactMap(wire.delta).joined().split(separator: " ").count == 20)
            wire.send(connection, "[fault truncate]")
            #expect(throws: SupportError.self) { try connection.readAnswer() }
            #expect(simulator.statistics[.truncated] == 2)
        }
    }

    @Test(arguments: Wire.allCases) func aCorruptEventStandsAmongWholeOnes(_ wire: Wire) async throws {
        var paced = quick
        paced.tokensPerSecond = 2000
        try await withSimulator(paced) { simulator, connection in
            let answer = try #require(try wire.ask(connection, "[words 40] [fault corrupt]", isStreamed: true))
            let broken = answer.events.filter { $0 != "[DONE]" && (try? object($0)) == nil }
            #expect(broken.count == 1)
            #expect(events(answer).compactMap(wire.finish).count == 1)
            #expect(events(answer).compactMap(wire.delta).joined().split(separator: " ").count == 40)
            try #expect(wire.ask(connection, "[fault corrupt]")?.json.isEmpty == true)
            #expect(simulator.statistics[.corrupt] == 2)
        }
    }

    @Test(arguments: Wire.allCases, [true, false]) func anAnswerThatStallsIsOverWhenTheClientLeaves(_ wire: Wire, isStreamed: Bool)
        async throws
    {
        try await withSimulator { simulator, _ in
            var leaving: HTTPConnection? = try HTTPConnection(port: simulator.port)
            wire.send(try #require(leaving), "[fault stall]", isStreamed: isStreamed)
            #expect(leaving?.hasReceived() == true, "it begins to answer")
            #expect(simulator.statistics.inFlight == 1)
            leaving = nil
            try await Condition.wait(for: "the request to be given up") { simulator.statistics[.stalled] == 1 }
            #expect(simulator.statistics.inFlight == 0 && simulator.statistics[.abandoned] == 0)
        }
    }

    @Test(arguments: Wire.allCases) func anErrorComesWithinTheStream(_ wire: Wire) async throws {
        try await withSimulator { simulator, connection in
            let answer = try #require(try wire.ask(connection, "[words 40] [fault stream_error]", isStreamed: true))
            #expect(answer.status == 200 && answer.events.last?.contains("\"error\"") == true)
            #expect(events(answer).compactMap(wire.delta).joined().split(separator: " ").count == 20)
            try #expect(wire.ask(connection, "[fault stream_error]")?.status == 500)
            #expect(simulator.statistics[.streamError] == 2)
        }
    }

    @Test(arguments: Wire.allCases, [true, false]) func tellsNoUsageWhereThatIsAskedFor(_ wire: Wire, isStreamed: Bool) async throws {
        let more = wire == .openAI && isStreamed ? #","stream_options":{"include_usage":true}"# : ""
        try await withSimulator { simulator, connection in
            for (text, tells) in [("a", true), ("[fault no_usage]", false)] {
                let answer = try #require(try wire.ask(connection, text, more, isStreamed: isStreamed))
                #expect(answer.status == 200 && wire.tellsUsage(answer.body) == tells)
            }
            #expect(simulator.statistics.ok == 2, "it is paid all the same")
        }
    }

    private func events(_ answer: HTTPConnection.Answer) -> [[String: Any]] {
        answer.events.compactMap { try? object($0) }
    }
}
