import EventLoop
import Redis
import TestSupport

@testable import BatchLane

/// A store on a loop of its own.
actor StoreUser: LoopUser {
    /// With leases of half a minute, so that none ends within a test.
    static let timing = BatchTiming(gather: 1_000, maxRequests: 100, poll: 30_000, deadline: 60_000)

    private let loop = EventLoop(name: "store")
    private let port: Int
    private var redis: RedisClient?
    private var open: BatchStore?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(port: Int) {
        self.port = port
    }

    /// Runs `body` with stores of one group.
    static func with(port: Int, count: Int = 1, _ body: ([StoreUser]) async throws -> Void) async throws {
        let users = (0..<count).map { _ in StoreUser(port: port) }
        try await run(users, body)
    }

    /// The store is made by its first use.
    func start() {}

    func stop() async {
        await redis?.close()
        redis = nil
        open = nil
    }

    private var store: BatchStore {
        if let open { return open }
        let redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port))
        let store = BatchStore(redis: redis, group: "g", timing: Self.timing)
        (self.redis, open) = (redis, store)
        return store
    }

    func execute(_ command: RedisArgument...) async throws -> RedisValue {
        _ = store
        return try await redis?.execute(command) ?? .null
    }

    func entry(_ request: String) async throws -> BatchEntry? { try await store.entry(of: request) }

    func enter(_ request: String, _ body: [UInt8], from letter: String, now: Int64) async throws -> Bool {
        try await store.enter(request, body, in: "q", from: letter, now: now)
    }

    func leave(_ request: String, from letters: String, now: Int64) async throws -> Bool {
        try await store.leave(request, queue: "q", from: letters, now: now)
    }

    func cancel(_ batch: String, for request: String) async throws -> Bool { try await store.cancel(batch, for: request) }

    func gather(_ name: String, count: Int, bytes: Int = 1 << 20) async throws -> (count: Int, bytes: Int, hasMore: Bool) {
        let moved = try await store.gather(Batch(name: name, queue: "q"), count: count, bytes: bytes, overhead: 10)
        return (moved.count, moved.bytes, moved.hasMore)
    }

    func look() async throws -> (queues: [String: Int], oldest: Int64?, batches: [String: Batch], unwanted: Set<String>) {
        let overview = try await store.look()
        return (
            Dictionary(overview.queues.map { ($0.name, $0.count) }) { $1 }, overview.queues.first?.oldest,
            Dictionary(overview.batches.map { ($0.name, $0) }) { $1 }, overview.unwanted
        )
    }

    func members(_ batch: String) async throws -> [String] { try await store.members(of: batch, from: 0) }
    func bodies(_ batch: String, from first: Int = 0) async throws -> [[UInt8]] { try await store.bodies(of: batch, from: first) }
    func takeLease(_ thing: String, _ token: String) async throws -> Bool { try await store.takeLease(of: thing, token: token) }
    func extendLease(_ thing: String, _ token: String) async throws -> Bool { try await store.extendLease(of: thing, token: token) }
    func giveLeaseBack(_ thing: String, _ token: String) async throws { try await store.giveLeaseBack(of: thing, token: token) }
    func put(_ batch: Batch, _ token: String) async throws -> Bool { try await store.put(batch, token: token) }

    func settle(_ results: [(String, BatchEntry)], of batch: String, _ token: String) async throws -> Bool {
        try await store.settle(results.map { (request: $0.0, entry: $0.1) }, of: batch, token: token)
    }

    func dissolve(_ batch: String, _ reason: BatchEntry.Reason, _ token: String) async throws -> Bool {
        try await store.dissolve(batch, reason, token: token)
    }

    func forget(_ request: String) { store.forget(request) }
}
