internal import EventLoop
package import Redis

/// A live worker, as shown to people.
package struct FleetListing: Equatable, Sendable {
    package let member: FleetMember
    /// Milliseconds since its last heartbeat.
    package let silent: Int64
    /// Milliseconds since its start.
    package let age: Int64
}

/// Looks at the live workers of a group, for people. Has a loop and a connection of its own.
package actor FleetDesk {
    private let loop = EventLoop(name: "fleet")
    private let configuration: RedisConfiguration
    private let group: String
    private var redis: RedisClient?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private init(redis: RedisConfiguration, group: String) {
        configuration = redis
        self.group = group
    }

    /// Runs `body` with a desk that can be asked again and again.
    package static func with<Value: Sendable>(
        redis: RedisConfiguration, group: String, _ body: (FleetDesk) async throws -> Value
    ) async throws -> Value {
        let desk = FleetDesk(redis: redis, group: group)
        defer { desk.loop.shutDown() }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(desk))
        } catch {
            result = .failure(error)
        }
        await desk.close()
        return try result.get()
    }

    /// The live workers, in the order of their ids.
    package func workers() async throws(RedisError) -> [FleetListing] {
        let redis = redis ?? RedisClient(loop: loop, configuration: configuration)
        self.redis = redis
        try await redis.connect()
        let (entries, now) = try await FleetStore(redis: redis, group: group, silence: FleetRegistry.silence).live()
        return entries.values
            .compactMap { entry in
                FleetMember(json: entry.state).map { member in
                    FleetListing(member: member, silent: max(now - entry.seen, 0), age: max(now - member.started, 0))
                }
            }
            .sorted { $0.member.id < $1.member.id }
    }

    private func close() async {
        await redis?.close()
        redis = nil
    }
}
