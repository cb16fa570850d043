import Coordination
import EventLoop
import Logging
import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RequestClaimsTests {
    @Test func workersShareClaimsThroughRedis() async throws {
        let server = try await RedisServer()
        try await withHolders(2, port: server.port) { holders in
            #expect(await holders[0].claim("a", "t", "x/0/1") == .granted)
            #expect(await holders[0].claim("a", "t", "x/0/1") == .granted)
            #expect(await holders[1].claim("a", "t", "x/0/1") == .granted)
            #expect(await holders[1].claim("a", "t", "x/1/7") == .taken(by: "x/0/1"))
            #expect(await holders[1].claim("a", "other", "x/1/8") == .granted)
        }
    }

    @Test func whatOneWorkerHasAnsweredIsDoneForTheNext() async throws {
        let server = try await RedisServer()
        try await withHolders(2, port: server.port) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            await holders[0].finish("a", nil, "x/0/1", failed: false)
            #expect(await holders[1].claim("a", nil, "x/0/1") == .done)
            #expect(await holders[1].claim("a", nil, "x/0/2") == .taken(by: "x/0/1"))
        }
    }

    @Test func aFailedRequestMayBeEnqueuedAgainForAnyWorker() async throws {
        let server = try await RedisServer()
        try await withHolders(2, port: server.port) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            await holders[0].finish("a", nil, "x/0/1", failed: true)
            #expect(await holders[1].claim("a", nil, "x/0/1") == .done)
            #expect(await holders[1].claim("a", nil, "x/1/7") == .granted)
            #expect(await holders[0].claim("a", nil, "x/1/8") == .taken(by: "x/1/7"))
        }
    }

    @Test func groupsAndTenantsDoNotMeet() async throws {
        let server = try await RedisServer()
        try await withHolders(2, port: server.port, groups: ["one", "two"]) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            #expect(await holders[1].claim("a", nil, "x/0/2") == .granted)
            #expect(await holders[0].claim("b:c", "a", "x/0/3") == .granted)
            #expect(await holders[0].claim("c", "a:b", "x/0/4") == .granted)
        }
    }

    @Test func whatAnotherHasAnsweredIsKnown() async throws {
        let server = try await RedisServer()
        try await withHolders(2, port: server.port) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            #expect(await holders[0].isAnswered("a", nil, "x/0/1") == false)
            await holders[1].finish("a", nil, "x/0/1", failed: false)
            try await Condition.wait(for: "the answer to be known") { await holders[0].isAnswered("a", nil, "x/0/1") }
            #expect(await holders[0].isAnswered("a", nil, "x/0/2") == false)
        }
    }

    @Test func withoutRedisALoopsOwnClaimsCount() async throws {
        try await withHolders(1, port: nil) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            #expect(await holders[0].claim("a", nil, "x/0/2") == .taken(by: "x/0/1"))
        }
    }

    @Test func aDeadRedisStopsNobody() async throws {
        let server = try await RedisServer()
        try await withHolders(1, port: server.port) { holders in
            #expect(await holders[0].claim("a", nil, "x/0/1") == .granted)
            server.kill()
            #expect(await holders[0].claim("b", nil, "x/0/2") == .granted)
            #expect(await holders[0].claim("b", nil, "x/0/3") == .taken(by: "x/0/2"))
            try await server.restart()
            try await Condition.wait(for: "the connection") { await holders[0].isAvailable }
            #expect(await holders[0].claim("c", nil, "x/0/4") == .granted)
        }
    }

    private func withHolders(_ count: Int, port: Int?, groups: [String] = ["g"], _ body: ([ClaimHolder]) async throws -> Void) async throws
    {
        let holders = (0..<count).map { ClaimHolder(port: port, group: groups[$0 % groups.count]) }
        for holder in holders { await holder.start() }
        let failure: (any Error)?
        do {
            try await body(holders)
            failure = nil
        } catch {
            failure = error
        }
        for holder in holders { await holder.stop() }
        for holder in holders { holder.loop.shutDown() }
        if let failure { throw failure }
    }
}

/// One worker's claims, on a loop of its own.
private actor ClaimHolder {
    let loop = EventLoop(name: "claims")
    private let port: Int?
    private let group: String
    private var redis: RedisClient?
    private var claims: RequestClaims?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(port: Int?, group: String) {
        self.port = port
        self.group = group
    }

    var isAvailable: Bool { redis?.isAvailable ?? false }

    func start() async {
        if let port { redis = RedisClient(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1", port: port)) }
        try? await redis?.connect()
        claims = RequestClaims(redis: redis, group: group, window: 60, logger: Logger(label: "test"))
    }

    func stop() async {
        await redis?.close()
        redis = nil
        claims = nil
    }

    func claim(_ id: String, _ tenant: String?, _ origin: String) async -> ClaimOutcome? {
        await claims?.claim(id, tenant: tenant, origin: origin)
    }

    func isAnswered(_ id: String, _ tenant: String?, _ origin: String) async -> Bool {
        await claims?.isAnswered(id, tenant: tenant, origin: origin) ?? false
    }

    func finish(_ id: String, _ tenant: String?, _ origin: String, failed: Bool) async {
        claims?.finish(id, tenant: tenant, origin: origin, failed: failed)
    }
}
