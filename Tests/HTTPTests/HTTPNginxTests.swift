import EventLoop
import HTTP
import TestSupport
import Testing

/// The client against a server that others have written.
@Suite(.timeLimit(.minutes(3))) struct HTTPNginxTests {
    private static let body = #"{"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":1}}"#

    private func nginx(_ more: String = "") async throws -> NginxServer {
        try await NginxServer("location / { return 200 '\(Self.body)'; } \(more)")
    }

    @Test func tenThousandRequestsAtOnceGoOverAFewConnections() async throws {
        let server = try await nginx()
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerHost = 64
        try await withClient(configuration) { client in
            let outcome = try await client.sendMany(10_000, server.url, status: 200, text: Self.body)
            #expect(outcome.good == 10_000)
            #expect(outcome.reused >= 10_000 - 64)
            #expect(await client.inFlight == 0)
            #expect(await client.waiting == 0)
        }
    }

    @Test func theLimitOfAllConnectionsHoldsForSeveralHosts() async throws {
        let servers = [try await nginx(), try await nginx(), try await nginx()]
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerHost = 8
        configuration.maxConnections = 10
        try await withClient(configuration) { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for server in servers {
                    group.addTask { try await client.sendMany(1000, server.url, status: 200, text: Self.body).good }
                }
                for try await good in group { #expect(good == 1000) }
            }
        }
    }

    @Test func decodesWhatNginxCompresses() async throws {
        let text = String(repeating: "tokens ", count: 2000)
        let server = try await nginx("location /file { gzip on; gzip_types *; gzip_min_length 1; }")
        try server.directory.write(text, to: "file")
        try await withClient { client in
            let answer = try await client.send(server.url + "/file", .get, body: [])
            #expect(answer.response.header("content-encoding") == "gzip")
            #expect(answer.text == text)
        }
    }

    @Test func multiplexesOverTLSByHTTP2() async throws {
        let server = try await nginx()
        var configuration = HTTPClientConfiguration()
        configuration.caFile = server.certificate
        try await withClient(configuration) { client in
            let outcome = try await client.sendMany(2000, server.tlsURL, status: 200, text: Self.body)
            #expect(outcome.good == 2000)
            #expect(outcome.http2 == 2000)
            // Connections of a hundred streams each, at most, instead of one for each request.
            #expect(outcome.reused >= 1980)
        }
    }

    @Test func speaksHTTP1OverTLSIfHTTP2IsOff() async throws {
        let server = try await nginx()
        var configuration = HTTPClientConfiguration()
        configuration.caFile = server.certificate
        configuration.http2 = false
        configuration.maxConnectionsPerHost = 4
        try await withClient(configuration) { client in
            let outcome = try await client.sendMany(200, server.tlsURL, status: 200, text: Self.body)
            #expect(outcome.good == 200)
            #expect(outcome.http2 == 0)
            #expect(outcome.reused >= 196)
        }
    }

    @Test func refusesACertificateOfAnUnknownAuthority() async throws {
        let server = try await nginx()
        try await withClient { client in
            let error = try await httpError { try await client.send(server.tlsURL) }
            #expect(error.kind == .tls)
            #expect(!error.mayHaveBeenSent)
        }
        var careless = HTTPClientConfiguration()
        careless.verifyTLS = false
        try await withClient(careless) { client in
            let status = try await client.send(server.tlsURL).status
            #expect(status == 200)
        }
    }

    @Test func refusesACertificateOfAnotherName() async throws {
        let server = try await nginx()
        var configuration = HTTPClientConfiguration()
        configuration.caFile = server.certificate
        try await withClient(configuration) { client in
            let error = try await httpError { try await client.send("https://127.0.0.1:\(server.tlsPort)") }
            #expect(error.kind == .tls)
        }
    }

    @Test func tellsThatTheCAFileIsMissing() async throws {
        let server = try await nginx()
        var configuration = HTTPClientConfiguration()
        configuration.caFile = "\(server.directory.path)/missing.pem"
        try await withClient(configuration) { client in
            let error = try await httpError { try await client.send(server.tlsURL) }
            #expect(error.kind == .tls)
            #expect(error.description.contains("missing.pem"))
        }
    }

    @Test func aCancelledHTTP2RequestLeavesTheOthersAlone() async throws {
        let server = try await nginx("location /slow { limit_rate 50000; }")
        try server.directory.write([UInt8](repeating: 0x78, count: 10_000_000), to: "slow")
        var configuration = HTTPClientConfiguration()
        configuration.caFile = server.certificate
        try await withClient(configuration) { client in
            #expect(try await client.send(server.tlsURL).response.isHTTP2)
            let slow = Task { try await client.stream(server.tlsURL + "/slow") }
            try await Condition.wait(for: "the slow response to begin") { await !client.streamed.isEmpty }
            slow.cancel()
            await #expect(throws: HTTPError.self) { try await slow.value }
            let answer = try await client.send(server.tlsURL)
            #expect(answer.text == Self.body)
            #expect(answer.isReused)
        }
    }
}
