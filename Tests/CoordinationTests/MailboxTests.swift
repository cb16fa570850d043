import Coordination
import EventLoop
import Logging
import Redis
import TestSupport
import Testing

/// A loop with a mailbox, and a client to post with.
private actor MailHolder: LoopUser {
    private let loop = EventLoop(name: "mail")
    private let port: Int
    private let address: String
    private var redis: RedisClient?
    private var mailbox: Mailbox?
    private(set) var mail: [String: [[UInt8]]] = [:]
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(port: Int, address: String) {
        self.port = port
        self.address = address
    }

    static func with(port: Int, addresses: [String], _ body: ([MailHolder]) async throws -> Void) async throws {
        let holders = addresses.map { MailHolder(port: port, address: $0) }
        try await run(holders, body)
    }

    func start() async {
        let configuration = RedisConfiguration(host: "127.0.0.1", port: port)
        redis = RedisClient(loop: loop, configuration: configuration)
        try? await redis?.connect()
        let mailbox = Mailbox(configuration: configuration, address: address, loop: loop, logger: Logger(label: "test"))
        for topic in ["limits", "cache"] {
            mailbox.onMail(topic) { [unowned self] body in assumeIsolated { $0.mail[topic, default: []].append(body) } }
        }
        self.mailbox = mailbox
        mailbox.start()
    }

    func stop() async {
        await stopListening()
        mailbox = nil
        await redis?.close()
        redis = nil
    }

    func stopListening() async { await mailbox?.stop() }
    func listen() { mailbox?.start() }

    func post(_ topic: String, _ body: [UInt8], to address: String) {
        guard let redis else { return }
        Mailbox.post(topic, body, to: address, over: redis)
    }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }
}

@Suite(.timeLimit(.minutes(1))) struct MailboxTests {
    @Test func mailArrivesInOrderAtItsAddressAndTopic() async throws {
        let server = try await RedisServer()
        try await MailHolder.with(port: server.port, addresses: ["w/0", "w/1"]) { holders in
            let bodies = (0..<1_000).map { Array("\($0)\n\0".utf8) }
            for body in bodies { await holders[0].post("limits", body, to: "w/1") }
            await holders[1].post("cache", [], to: "w/0")
            await holders[1].post("nobody's", [1], to: "w/0")
            await holders[1].post("limits", [2], to: "w/0")
            try await Condition.wait(for: "the mail") {
                let counts = [await holders[0].mail["limits"]?.count, await holders[1].mail["limits"]?.count]
                return counts == [1, bodies.count]
            }
            #expect(await holders[1].mail == ["limits": bodies])
            #expect(await holders[0].mail == ["limits": [[2]], "cache": [[]]])
        }
    }

    @Test func mailFlowsAgainAfterRedisWasGone() async throws {
        let server = try await RedisServer()
        try await MailHolder.with(port: server.port, addresses: ["w/0"]) { holders in
            await holders[0].post("limits", [1], to: "w/0")
            try await Condition.wait(for: "the first mail") { await holders[0].mail["limits"] == [[1]] }
            server.kill()
            await holders[0].post("limits", [2], to: "w/0")
            try await server.restart()
            try await Condition.wait(for: "mail after that") {
                await holders[0].post("limits", [3], to: "w/0")
                return await holders[0].mail["limits"]?.last == [3]
            }
            #expect(await holders[0].mail["limits"]?.contains([2]) == false)
        }
    }

    @Test func itStopsWithoutWaitingForMail() async throws {
        let server = try await RedisServer()
        try await MailHolder.with(port: server.port, addresses: ["w/0"]) { holders in
            func isBlocked() async throws -> Bool {
                try await holders[0].execute("INFO", "clients")?.string?.contains("blocked_clients:1") ?? false
            }
            // A server that is stopped answers nothing: waiting for replies would take longer than the suite may.
            for _ in 0..<10 {
                await holders[0].listen()
                try await Condition.wait(for: "it to listen") { try await isBlocked() }
                server.stall()
                await holders[0].stopListening()
                server.goOn()
                try await Condition.wait(for: "its connection to end") { try await !isBlocked() }
            }
            // What nobody fetches goes by itself.
            await holders[0].post("limits", [1], to: "w/0")
            let remaining = try #require(try await holders[0].execute("TTL", "sy:{mail:w/0}")?.integer)
            #expect((1...60).contains(remaining))
            await holders[0].listen()
            try await Condition.wait(for: "the mail") { await holders[0].mail["limits"] == [[1]] }
        }
    }
}
