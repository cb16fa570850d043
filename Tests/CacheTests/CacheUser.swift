import Envelope
import EventLoop
import Logging
import Redis
import TestSupport

@testable import Cache
@testable import Coordination

/// One event loop with its cache.
actor CacheUser: LoopUser {
    nonisolated let loop = EventLoop(name: "cache")
    private let name: String
    private let port: Int?
    private let plan: CachePlan
    private let keys: DataKeys
    private var redis: RedisClient?
    private var mailbox: Mailbox?
    private var cache: ResponseCache?
    private var keeper: DataKeyKeeper?
    private var keeping: Task<Void, Never>?
    private(set) var tampered: [String] = []
    private(set) var waits = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated func endLoop() { loop.shutDown() }

    private init(_ name: String, port: Int?, _ plan: CachePlan, _ keys: DataKeys) {
        (self.name, self.port, self.plan, self.keys) = (name, port, plan, keys)
    }

    /// Runs `body` with so many loops, each a worker of its own.
    static func with(
        _ count: Int, port: Int?, _ plan: CachePlan = .forTests(), _ body: ([CacheUser]) async throws -> Void
    ) async throws {
        try await run((0..<count).map { CacheUser("w/\($0)", port: port, plan, DataKeys()) }, body)
    }

    func start() async {
        var shared: ResponseCache.Shared?
        if let port, let secrets = try? MasterSecrets(key: "abcdefghijklmnopqrstuvwxyz012345", previous: []) {
            let configuration = RedisConfiguration(host: "127.0.0.1", port: port)
            let redis = RedisClient(loop: loop, configuration: configuration)
            try? await redis.connect()
            let keeper = DataKeyKeeper(
                keys: keys, secrets: secrets, redis: redis, group: plan.group, loop: loop, logger: Logger(label: "test"))
            await keeper.refresh()
            self.keeper = keeper
            keeping = Task { await self.keep() }
            shared = ResponseCache.Shared(redis: redis, codec: ValueCodec(keys: keys, compressAbove: 100, level: 1))
            mailbox = Mailbox(configuration: configuration, address: name, loop: loop, logger: Logger(label: "test"))
            self.redis = redis
        }
        cache = ResponseCache(
            plan, shared: shared, mailbox: mailbox, loop: loop, logger: Logger(label: "test"), onTampered: { self.note($0) })
        mailbox?.start()
    }

    private func keep() async { await keeper?.run() }

    private nonisolated func note(_ reason: String) { assumeIsolated { $0.tampered.append(reason) } }

    func stop() async {
        keeping?.cancel()
        await keeping?.value
        cache?.stop()
        await mailbox?.stop()
        await redis?.close()
        (cache, mailbox, keeper, redis) = (nil, nil, nil, nil)
    }

    /// What a flight's leader does with it.
    enum Course {
        case answer(String, seconds: Int? = nil)
        case fail(SharedFailure)
        case abandon
        /// As if its worker were gone.
        case vanish
    }

    enum Told: Equatable {
        case hit(String), led, failed(SharedFailure), late, cancelled
    }

    /// Asks; a leader waits for `call` first, and then does as told.
    func ask(
        _ digest: String, deadline: Duration? = nil, then course: Course = .answer("answer"), call: @Sendable () async -> Void = {}
    ) async -> Told {
        guard let cache else { return .cancelled }
        switch await cache.begin(CacheKey(digest: digest), deadline: deadline.map { .now + $0 }, onWait: { self.noteWait() }) {
        case .hit(let kept): return .hit(String(decoding: kept.bytes, as: UTF8.self))
        case .lead(let flight):
            await call()
            switch course {
            case .answer(let text, let seconds): cache.finish(flight, with: text.written, seconds: seconds)
            case .fail(let failure): cache.fail(flight, with: failure)
            case .abandon: cache.abandon(flight)
            case .vanish: await crash()
            }
            return .led
        case .failed(let failure): return .failed(failure)
        case .late: return .late
        case .cancelled: return .cancelled
        }
    }

    func prepare(_ digest: String) { cache?.prepare(CacheKey(digest: digest)) }

    func store(_ text: String, for digest: String) { cache?.store(text.written, for: CacheKey(digest: digest), seconds: nil) }

    /// Forgets what this loop has at hand.
    func forget() { cache?.memory = MemoryCache(capacity: plan.memoryBytes) }

    func execute(_ command: RedisArgument...) async throws -> RedisValue? { try await redis?.execute(command) }

    private nonisolated func noteWait() { assumeIsolated { $0.waits += 1 } }

    private func crash() async {
        await redis?.close()
        await mailbox?.stop()
    }
}

extension CachePlan {
    static func forTests(
        isForAll: Bool = false, timeToLive: Int = 60, isSharedByTenants: Bool = false, memoryBytes: Int = 1 << 20, redisBytes: Int = 1 << 20
    ) -> CachePlan {
        CachePlan(
            group: "g", isForAll: isForAll, timeToLive: timeToLive, isSharedByTenants: isSharedByTenants, memoryBytes: memoryBytes,
            redisBytes: redisBytes, providersWithUsualSampling: ["openai"])
    }
}

extension String {
    var written: WrittenBytes {
        var writer = ByteWriter(capacity: utf8.count)
        writer.append(text: self)
        return WrittenBytes(writer)
    }
}
