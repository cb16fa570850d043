import EventLoop
import Logging
import Redis
import TestSupport

@testable import Coordination

/// One worker of a fleet, on a loop of its own.
actor FleetHolder: LoopUser {
    nonisolated let view: FleetView
    private let loop = EventLoop(name: "fleet")
    private let port: Int
    private let member: FleetMember
    private let silence: Duration
    private var redis: RedisClient?
    private var registry: FleetRegistry?
    private var running: Task<Void, Never>?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(port: Int, id: String, loops: Int, silence: Duration) {
        self.port = port
        self.silence = silence
        member = FleetMember(id: id, version: "1", host: "h", pid: 1, started: 1_000, loops: loops)
        view = FleetView(loops: loops)
    }

    /// Runs `body` with workers of so many loops, which are named a, b and so on.
    static func with(
        port: Int, loops: [Int], silence: Duration = .milliseconds(300), _ body: ([FleetHolder]) async throws -> Void
    ) async throws {
        let holders = zip("abcdefgh", loops).map { FleetHolder(port: port, id: String($0), loops: $1, silence: silence) }
        try await run(holders, body)
    }

    func start() async {
        let redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port))
        try? await redis.connect()
        self.redis = redis
        registry = FleetRegistry(
            member: member, view: view, redis: redis, group: "g", interval: .milliseconds(20), silence: silence, loop: loop,
            logger: Logger(label: "test")
        ) { FleetMember.Load(inFlight: 7) }
    }

    func stop() async {
        await leave()
        await redis?.close()
        redis = nil
        registry = nil
    }

    var isDegraded: Bool { registry?.isDegraded ?? false }

    func join() {
        running = Task { await registry?.run() }
    }

    func leave() async {
        running?.cancel()
        await running?.value
        running = nil
    }

    /// Loses its connection for good, and with it what it has to say at its end.
    func crash() async {
        await redis?.close()
    }

    private var store: FleetStore? { redis.map { FleetStore(redis: $0, group: "g", silence: silence) } }

    func live() async throws -> (entries: [String: FleetRoll.Entry], now: Int64)? {
        try await store?.live()
    }

    func beat(_ id: String, loops: Int, state: [UInt8]) async throws -> (count: FleetRoll.Count, now: Int64)? {
        try await store?.beat(id, loops: loops, state: state)
    }

    func leave(_ id: String) { store?.leave(id) }
}
