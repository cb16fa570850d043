import EventLoop
import Redis
import TestSupport

/// An actor on a loop of its own that uses a client, as the stages of the worker do.
actor RedisUser {
    private let loop: EventLoop
    private let configuration: RedisConfiguration
    private(set) var states: [RedisState] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    // Made by its first use, which is on the loop.
    private lazy var client = {
        let client = RedisClient(loop: loop, configuration: configuration)
        client.onStateChange = { [unowned self] state in assumeIsolated { $0.states.append(state) } }
        return client
    }()

    private init(loop: EventLoop, configuration: RedisConfiguration) {
        self.loop = loop
        self.configuration = configuration
    }

    /// Runs a test with a client that has begun to connect, and closes it afterwards.
    static func with(_ configuration: RedisConfiguration, _ body: (RedisUser) async throws -> Void) async throws {
        let loop = EventLoop(name: "redis test")
        let user = RedisUser(loop: loop, configuration: configuration)
        _ = await user.state
        let failure: (any Error)?
        do {
            try await body(user)
            failure = nil
        } catch {
            failure = error
        }
        await user.close()
        loop.shutDown()
        if let failure { throw failure }
    }

    var state: RedisState { client.state }
    var isAvailable: Bool { client.isAvailable }
    var statistics: RedisStatistics { client.statistics }
    var pendingCount: Int { client.pendingCount }

    func connect() async throws(RedisError) {
        try await client.connect()
    }

    func close() async {
        await client.close()
    }

    @discardableResult
    func execute(_ words: RedisArgument...) async throws(RedisError) -> RedisValue {
        try await client.execute(words)
    }

    func evaluate(
        _ script: RedisScript, keys: [RedisArgument] = [], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        try await client.evaluate(script, keys: keys, arguments: arguments)
    }

    /// Connects a further client, and lets go of it without closing it.
    func connectAndForget() async throws(RedisError) {
        let forgotten = RedisClient(loop: loop, configuration: configuration)
        try await forgotten.connect()
    }

    /// What a command fails with; nil if it does not.
    func failure(_ words: RedisArgument...) async -> RedisError? {
        do throws(RedisError) {
            _ = try await client.execute(words)
            return nil
        } catch {
            return error
        }
    }

    /// Issues so many commands at once, and returns their results in order of issue.
    func concurrently(
        _ count: Int, _ command: @escaping @Sendable (Int) -> [RedisArgument]
    ) async -> [Result<RedisValue, RedisError>] {
        await withTaskGroup(of: (Int, Result<RedisValue, RedisError>).self) { group in
            for index in 0..<count {
                group.addTask(executorPreference: loop) { (index, await self.result(command(index))) }
            }
            var results = [Result<RedisValue, RedisError>?](repeating: nil, count: count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    }

    private func result(_ words: [RedisArgument]) async -> Result<RedisValue, RedisError> {
        do throws(RedisError) {
            return .success(try await client.execute(words))
        } catch {
            return .failure(error)
        }
    }

    func waitUntilAvailable() async throws {
        try await Condition.wait(for: "Redis to be available") { client.isAvailable }
    }

    func waitUntilPending(_ count: Int) async throws {
        try await Condition.wait(for: "\(count) commands to be pending") { client.pendingCount == count }
    }
}
