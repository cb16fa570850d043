import Coordination
import EventLoop
import Logging
import Redis
import TestSupport

/// One worker's claims, on a loop of its own.
actor ClaimHolder: LoopUser {
    private let loop = EventLoop(name: "claims")
    private let port: Int?
    private let group: String
    private var redis: RedisClient?
    private var claims: RequestClaims?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    /// - Parameter port: Redis's; nil for none.
    private init(port: Int?, group: String) {
        self.port = port
        self.group = group
    }

    /// Runs `body` with workers of these groups.
    static func with(port: Int?, groups: [String], _ body: ([ClaimHolder]) async throws -> Void) async throws {
        let holders = groups.map { ClaimHolder(port: port, group: $0) }
        try await run(holders, body)
    }

    /// Runs `body` with one worker.
    static func with(port: Int?, _ body: (ClaimHolder) async throws -> Void) async throws {
        try await with(port: port, groups: ["g"]) { try await body($0[0]) }
    }

    func start() async {
        if let port { redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port)) }
        try? await redis?.connect()
        let claims = RequestClaims(redis: redis, group: group, window: 60, logger: Logger(label: "test"))
        redis?.onStateChange = { [loop] _ in loop.atTurnEnd { claims.noteConnection() } }
        self.claims = claims
    }

    func stop() async {
        await redis?.close()
        redis = nil
        claims = nil
    }

    var isAvailable: Bool { redis?.isAvailable ?? false }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? {
        try await redis?.execute(command)
    }

    /// What Redis has under the claim's key of an id without a tenant.
    func stored(_ id: String) async throws -> [UInt8]? {
        try await redis?.execute("GET", .string("sy:{\(group.utf8.count):\(group):0::\(id)}:claim")).bytes
    }

    func claim(_ id: String, _ copy: RequestCopy, tenant: String? = nil) async -> ClaimOutcome? {
        await claims?.claim(id, tenant: tenant, copy: copy)
    }

    func remember(_ result: [UInt8], for id: String, _ copy: RequestCopy, isCurrent: Bool = false) {
        result.withUnsafeBytes { claims?.remember($0, for: id, tenant: nil, copy: copy, isCurrent: isCurrent) }
    }

    func finish(_ id: String, _ copy: RequestCopy, failed: Bool, isCurrent: Bool = false) {
        claims?.finish(id, tenant: nil, copy: copy, failed: failed, isCurrent: isCurrent)
    }

    func supersede(_ id: String, _ copy: RequestCopy, by generation: Int) {
        claims?.supersede(id, tenant: nil, copy: copy, by: generation)
    }

    func isAnswered(_ id: String, _ copy: RequestCopy) async -> Bool {
        await claims?.isAnswered(id, tenant: nil, copy: copy) ?? false
    }
}
