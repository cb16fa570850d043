import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite struct SimulatorConnectionTests {
    @Test func readsABodyThatComesInPieces() async throws {
        try await withSimulator { _, connection in
            let body = chat(String(repeating: "long ", count: 100_000))
            let text = HTTPConnection.text("POST", "/v1/chat/completions", body, headers: ["expect: 100-continue"])
            let end = try #require(text.range(of: "\r\n\r\n"))
            connection.send(String(text[..<end.upperBound]))
            try #expect(connection.readAnswer()?.status == 100)
            connection.send(String(text[end.upperBound...]))
            try #expect(connection.readAnswer()?.status == 200)
        }
    }

    @Test func refusesABodyThatIsTooLarge() async throws {
        try await withSimulator { _, connection in
            let body = String(repeating: "x", count: IncomingRequest.bodyLimit + 1)
            try #expect(connection.call("POST", "/v1/chat/completions", body)?.status == 413)
            try #expect(connection.call("POST", "/v1/chat/completions", chat("a"))?.status == 200)
        }
    }

    @Test func closesWhenAskedTo() async throws {
        try await withSimulator { _, connection in
            let answer = try #require(
                try connection.call("POST", "/v1/chat/completions", chat("a"), headers: ["connection: close"]))
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
            try #expect(connection.readAnswer() == nil)
        }
    }

    @Test func refusesWhatIsNotHTTP() async throws {
        try await withSimulator { _, connection in
            connection.send("HELLO WORLD\r\n\r\n")
            try #expect(connection.readAnswer()?.status == 400)
            try #expect(connection.readAnswer() == nil)
        }
    }

    @Test func closesAConnectionThatPipelines() async throws {
        try await withSimulator(slow) { simulator, connection in
            let request = HTTPConnection.text("POST", "/v1/chat/completions", chat("a"))
            connection.send(request + request)
            try #expect(connection.readAnswer() == nil)
            try await Condition.wait(for: "the request to be given up") { simulator.statistics[.abandoned] == 1 }
        }
    }

    @Test func notesAClientThatLeaves() async throws {
        try await withSimulator(slow) { simulator, _ in
            var leaving: HTTPConnection? = try HTTPConnection(port: simulator.port)
            leaving?.send(HTTPConnection.text("POST", "/v1/chat/completions", chat("a"), headers: ["authorization: Bearer k"]))
            try await Condition.wait(for: "the request to arrive") { simulator.statistics.inFlight == 1 }
            leaving = nil
            try await Condition.wait(for: "the request to be given up") { simulator.statistics[.abandoned] == 1 }
            #expect(simulator.statistics.inFlight == 0 && simulator.statistics.ok == 0)
            #expect(simulator.statistics.keys["k"]?.requests == 1 && simulator.statistics.keys["k"]?.inFlight == 0)
        }
    }

    @Test func servesManyAtOnceOnSeveralThreads() async throws {
        var options = quick
        options.latencyMilliseconds = 20
        options.tokensPerSecond = 5000
        try await withSimulator(options, threads: 2) { simulator, _ in
            let connections = try (0..<200).map { _ in try HTTPConnection(port: simulator.port) }
            for (index, connection) in connections.enumerated() {
                let extra = index.isMultiple(of: 2) ? "" : #","stream":true"#
                connection.send(HTTPConnection.text("POST", "/v1/chat/completions", chat("question \(index)", extra)))
            }
            for (index, connection) in connections.enumerated() {
                let digest = String(Fingerprint.digest("question \(index)".utf8), radix: 16)
                try #expect(connection.readAnswer()?.body.contains(digest) == true)
            }
            #expect(simulator.statistics.ok == 200 && simulator.statistics.distinctPrompts == 200)
            #expect(simulator.statistics.connections == 201)
        }
    }

    @Test func saysWhyItCannotListen() async throws {
        try await withSimulator { simulator, _ in
            let port = simulator.port
            let error = await #expect(throws: SimulatorError.self) { try await Simulator.start(quick, port: port) }
            #expect(error?.description.contains("port \(port)") == true)
        }
    }
}
