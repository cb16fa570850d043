import EventLoop
import HTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
    private func echo(_ connection: ScriptedServer.Connection) {
        while let request = connection.readRequest() {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.utf8.count)\r\n\r\n\(request)")
        }
    }

    @Test func reusesAConnectionAndTellsHowLongItTook() async throws {
        let server = try ScriptedServer(echo)
        try await withClient { client in
            let first = try await client.send(server.url)
            let second = try await client.send(server.url)
            #expect(first.status == 200)
            #expect(!first.isReused)
            #expect(second.isReused)
            #expect(server.accepted == 1)
            let timings = second.response.timings
            #expect(timings.firstByteMilliseconds > 0)
            #expect(timings.totalMilliseconds >= timings.firstByteMilliseconds)
        }
    }

    @Test func sendsMethodHeadersAndBody() async throws {
        let server = try ScriptedServer(echo)
        try await withClient { client in
            let headers = [(name: "Content-Type", value: "application/json"), (name: "X-Empty", value: "")]
            let posted = try await client.send(server.url + "v1/chat?x=1", headers: headers, extra: ("traceparent", "00-ab-cd-01")).text
            #expect(posted.hasPrefix("POST /v1/chat?x=1 HTTP/1.1\r\n"))
            #expect(posted.hasSuffix("\r\n\r\nhello"))
            for line in [
                "Content-Type: application/json", "X-Empty:", "traceparent: 00-ab-cd-01", "Content-Length: 5", "User-Agent: switchyard",
                "Accept-Encoding: gzip, br, zstd",
            ] {
                #expect(posted.contains("\r\n\(line)\r\n"), "\(line) is missing in \(posted)")
            }
            // The one request's header is gone from the handle, the deployment's are not.
            let again = try await client.send(server.url, headers: headers).text
            #expect(!again.contains("traceparent"))
            #expect(again.contains("\r\nContent-Type: application/json\r\n"))
        }
    }

    @Test func goesFromMethodToMethodOnOneHandle() async throws {
        let server = try ScriptedServer(echo)
        try await withClient { client in
            for (method, body) in [
                (HTTPMethod.get, ""), (.post, "a"), (.get, ""), (.delete, ""), (.put, "b"), (.delete, "c"), (.delete, ""), (.post, ""),
                (.get, "d"),
                (.get, ""),
            ] {
                let text = try await client.send(server.url, method, body: Array(body.utf8)).text
                #expect(text.hasPrefix("\(method.rawValue) / HTTP/1.1\r\n"))
                #expect(text.hasSuffix("\r\n\r\n\(body)"), "\(method) with \(body): \(text)")
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func sendsALargeBodyWithoutAskingForLeave() async throws {
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            let verdict = request.utf8.count <= 3_000_000 ? "short" : request.contains("\r\nExpect:") ? "asked" : "whole"
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\(verdict)")
        }
        try await withClient { client in
            let answer = try await client.send(server.url, body: [UInt8](repeating: 0x61, count: 3_000_000))
            #expect(answer.text == "whole")
        }
    }

    @Test func findsHeadersWhateverTheirCase() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write(
                    "HTTP/1.1 429 Slow Down\r\nRetry-After:  17 \r\nX-RateLimit-Remaining: 3\r\nx-ratelimit-remaining: 4\r\n"
                        + "Empty:\r\nContent-Length: 2\r\n\r\nno"
                )
            }
        }
        try await withClient { client in
            let answer = try await client.send(server.url)
            #expect(answer.status == 429)
            #expect(answer.text == "no")
            #expect(answer.response.header("retry-after") == "17")
            #expect(answer.response.header("x-rateLIMIT-remaining") == "3")
            #expect(answer.response.header("empty") == "")
            #expect(answer.response.header("retry") == nil)
            #expect(answer.response.header("HTTP/1.1 429 Slow Down") == nil)
        }
    }

    @Test func passesOverInterimResponsesAndTrailers() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write(
                    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n")
                connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\nB: 2\r\n\r\n")
            }
        }
        try await withClient { client in
            for _ in 0..<2 {
                let answer = try await client.send(server.url)
                #expect(answer.status == 200)
                #expect(answer.text == "abcde")
                #expect(answer.response.header("a") == "1")
                #expect(answer.response.header("link") == nil)
                #expect(answer.response.header("b") == nil)
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func doesNotFollowRedirects() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
            }
        }
        try await withClient { client in
            let status = try await client.send(server.url).status
            #expect(status == 307)
        }
    }

    /// The letter s, six hundred times.
    private static let encoded: [(name: String, bytes: [UInt8])] = [
        ("br", [0x1b, 0x57, 0x02, 0x00, 0x24, 0xe6, 0xa2, 0xb1, 0x40, 0x22, 0x00]),
        (
            "zstd",
            [
                0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x4d, 0x00, 0x00, 0x10, 0x73, 0x73, 0x01, 0x00, 0x53, 0x2a, 0x80, 0x05, 0xe6, 0x6c,
                0xd5,
                0x58,
            ]
        ),
        (
            "gzip",
            [
                0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x2e, 0x1e, 0x05, 0xa3, 0x80, 0xfa, 0x00, 0x00, 0x86,
                0x10,
                0xe0, 0x37, 0x58, 0x02, 0x00, 0x00,
            ]
        ),
    ]

    @Test(arguments: encoded)
    func decodesContent(encoding: String, bytes: [UInt8]) async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(bytes.count)\r\n\r\n")
                connection.write(bytes)
            }
        }
        try await withClient { client in
            let answer = try await client.send(server.url)
            #expect(answer.text == String(repeating: "s", count: 600))
            #expect(try await client.send(server.url).isReused)
            // The limit is for what the encoding makes of it.
            let error = try await httpError { try await client.send(server.url, maxResponseBytes: 599) }
            #expect(error.kind == .responseTooLarge(limit: 599))
        }
    }

    @Test func usesAProxyAndNotTheEnvironments() async throws {
        let proxy = try ScriptedServer(echo)
        var configuration = HTTPClientConfiguration()
        configuration.proxy = "http://127.0.0.1:\(proxy.port)"
        try await withClient(configuration) { client in
            let answer = try await client.send("http://provider.invalid/v1")
            #expect(answer.text.hasPrefix("POST http://provider.invalid/v1 HTTP/1.1\r\n"))
            #expect(try await client.send("http://provider.invalid/v1").isReused)
        }
        configuration.proxy = "http://127.0.0.1:\(try FreePort.find())"
        try await withClient(configuration) { client in
            let error = try await httpError { try await client.send("http://provider.invalid/v1") }
            #expect(error.kind == .connectFailed || error.kind == .proxy)
            #expect(!error.mayHaveBeenSent)
        }
    }

    @Test func handsPiecesOnAtOnceAndStopsWhenTheReceiverThrows() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n")
            // No end follows: what the client has is the piece.
            connection.waitForEnd()
        }
        try await withClient { client in
            struct Enough: Error {}
            let error = try await httpError { try await client.stream(server.url) { _ in throw Enough() } }
            #expect(error.kind == .consumerFailed)
            #expect(error.consumerError is Enough)
            #expect(await client.streamed == ["one "])
            try await Condition.wait(for: "the connection to be closed") { server.ended == 1 }
        }
    }

    @Test func streamsToTheEndAndReusesTheConnection() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for piece in ["one", "two", "six"] { connection.write("3\r\n\(piece)\r\n") }
                connection.write("0\r\n\r\n")
            }
        }
        try await withClient { client in
            for _ in 0..<2 {
                let answer = try await client.stream(server.url)
                #expect(answer.status == 200)
                #expect(answer.text == "")
                #expect(await client.streamed.joined() == "onetwosix")
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func returnsTheBodyOfAnErrorInsteadOfStreamingIt() async throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.write("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy") }
        }
        try await withClient { client in
            let answer = try await client.stream(server.url)
            #expect(answer.status == 503)
            #expect(answer.text == "busy")
            #expect(await client.streamed == [])
        }
    }
}
