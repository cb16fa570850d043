import EventLoop
import Logging
import Redis
import Security
import TestSupport

@testable import Coordination

/// One worker's data keys, on a loop of its own.
actor KeyHolder: LoopUser {
    static let secret = "the secret of the tests, number 1"
    static let nextSecret = "the secret of the tests, number 2"

    nonisolated let keys = DataKeys()
    nonisolated let log = LogLines()
    private let loop = EventLoop(name: "keys")
    private let port: Int
    private let secrets: MasterSecrets
    private var redis: RedisClient?
    private var keeper: DataKeyKeeper?
    private var store: DataKeyStore?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(port: Int, secrets: MasterSecrets) {
        self.port = port
        self.secrets = secrets
    }

    /// Runs `body` with workers that have these secrets.
    static func with(port: Int, secrets: [MasterSecrets], _ body: ([KeyHolder]) async throws -> Void) async throws {
        let holders = secrets.map { KeyHolder(port: port, secrets: $0) }
        try await run(holders, body)
    }

    /// Runs `body` with some workers of one secret.
    static func with(port: Int, count: Int = 1, _ body: ([KeyHolder]) async throws -> Void) async throws {
        let secrets = try MasterSecrets(key: secret, previous: [])
        try await with(port: port, secrets: Array(repeating: secrets, count: count), body)
    }

    func start() async {
        let redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port))
        try? await redis.connect()
        self.redis = redis
        store = DataKeyStore(redis: redis, group: "g")
        keeper = DataKeyKeeper(
            keys: keys, secrets: secrets, redis: redis, group: "g", loop: loop, logger: log.logger)
    }

    func stop() async {
        await redis?.close()
        redis = nil
        keeper = nil
        store = nil
    }

    /// The ids of the newest key and of all.
    nonisolated var newest: UInt32? { keys.current.newest?.key.id }

    @discardableResult func refresh() async -> Bool { await keeper?.refresh() ?? false }
    func run() async { await keeper?.run() }

    var isAvailable: Bool { redis?.isAvailable ?? false }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }

    func fetch() async throws -> (ring: WrappedKeyRing, now: Int64)? { try await store?.fetch() }

    func rotate(_ rotation: WrappedKeyRing.Rotation) async throws -> Bool? { try await store?.rotate(rotation) }

    /// Makes a key of some age the newest.
    func rotate(daysAgo days: Int64) async throws {
        guard let (ring, now) = try await fetch() else { return }
        _ = try await rotate(KeyWrap(secrets).rotation(of: ring, now: now - days * 86_400_000))
    }
}
