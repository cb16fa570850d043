import EventLoop
import Foundation
import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RedisTLSTests {
    private let files: Certificates

    init() throws {
        files = try Certificates()
    }

    private func server(_ options: [String] = []) async throws -> RedisServer {
        try await RedisServer(
            tls: [
                "--tls-cert-file", files.path("server.pem"), "--tls-key-file", files.path("server.key"), "--tls-ca-cert-file",
                files.path("ca.pem"),
            ] + (options.isEmpty ? ["--tls-auth-clients", "no"] : options))
    }

    private func configuration(_ server: RedisServer, _ tls: RedisTLS, host: String = "localhost") -> RedisConfiguration {
        var configuration = RedisConfiguration(host: host, port: server.port)
        configuration.tls = tls
        configuration.timeout = .seconds(10)
        return configuration
    }

    private func failure(_ configuration: RedisConfiguration) async throws -> String {
        var message = ""
        try await RedisUser.with(configuration) { user in
            do throws(RedisError) { try await user.connect() } catch { message = error.message }
        }
        return message
    }

    @Test func commandsGoThroughTLSLargeAndSmall() async throws {
        let server = try await server()
        for (host, name) in [("localhost", nil), ("127.0.0.1", nil), ("127.0.0.1", "localhost")] {
            let tls = RedisTLS(authorities: files.path("ca.pem"), serverName: name)
            try await RedisUser.with(configuration(server, tls, host: host)) { user in
                try await user.connect()
                let large = [UInt8](repeating: 7, count: 5_000_000)
                try await user.execute("SET", "large", .bytes(large))
                #expect(try await user.execute("GET", "large").bytes == large)
                let echoes = await user.concurrently(2_000) { ["ECHO", .integer($0)] }
                #expect(echoes.compactMap { try? $0.get().integer } == Array(0..<2_000))
                #expect(await user.statistics.connections == 1)
            }
        }
    }

    @Test func itIsFoundAgainAfterItWasGone() async throws {
        let server = try await server()
        try await RedisUser.with(configuration(server, RedisTLS(authorities: files.path("ca.pem")))) { user in
            try await user.connect()
            server.kill()
            #expect(await user.failure("PING")?.code == .unavailable)
            try await server.restart()
            try await user.waitUntilAvailable()
            #expect(try await user.execute("PING") == .status("PONG"))
        }
    }

    @Test func aServerThatCannotBeTrustedIsNotSpokenTo() async throws {
        let server = try await server()
        let unknown = try await failure(configuration(server, RedisTLS()))
        #expect(unknown.contains("the server's certificate is not accepted") && unknown.contains("redis.ca_file"), "\(unknown)")
        let another = try await failure(
            configuration(server, RedisTLS(authorities: files.path("ca.pem"), serverName: "elsewhere.example")))
        #expect(another.contains("ostname mismatch") && another.contains("redis.server_name"), "\(another)")
        let missing = try await failure(configuration(server, RedisTLS(authorities: files.path("none.pem"))))
        #expect(missing.contains("redis.ca_file") && missing.contains("none.pem"), "\(missing)")
    }

    @Test func aServerMayAskForOurCertificate() async throws {
        let server = try await server(["--tls-auth-clients", "yes"])
        var tls = RedisTLS(authorities: files.path("ca.pem"))
        let without = configuration(server, tls)
        try await RedisUser.with(without) { user in
            let failure = await user.failure("PING")
            #expect(failure?.message.contains("redis.client_certificate") == true, "\(failure?.message ?? "")")
        }
        (tls.certificate, tls.key) = (files.path("client.pem"), files.path("server.key"))
        let mixed = try await failure(configuration(server, tls))
        #expect(mixed.contains("redis.client_key"), "\(mixed)")
        tls.key = files.path("client.key")
        try await RedisUser.with(configuration(server, tls)) { user in
            try await user.connect()
            #expect(try await user.execute("PING") == .status("PONG"))
        }
    }

    @Test func whatSpeaksNoTLSIsTold() async throws {
        let server = try await RedisServer()
        let message = try await failure(configuration(server, RedisTLS(authorities: files.path("ca.pem"))))
        #expect(message.contains("does not speak TLS"), "\(message)")
    }

    @Test func aHandshakeThatStallsIsGivenUp() async throws {
        let server = try await server()
        server.stall()
        var configuration = configuration(server, RedisTLS(authorities: files.path("ca.pem")))
        configuration.connectTimeout = .milliseconds(300)
        let message = try await failure(configuration)
        #expect(message.contains("no answer within"), "\(message)")
        server.goOn()
    }
}

/// An authority, and certificates of a server at localhost and of a client, made by `openssl`.
private struct Certificates {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=authority", "-days", "2")
        _ = try directory.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: "names")
        for name in ["server", "client"] {
            try run(
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(name).key", "-out", "\(name).csr",
                "-subj", "/CN=\(name)")
            try run(
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "\(name).pem",
                "-days", "2",
                "-extfile", "names")
        }
    }

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
