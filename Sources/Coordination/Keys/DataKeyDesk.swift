internal import EventLoop
package import Redis

/// A data key, as shown to people.
package struct DataKeyListing: Equatable, Sendable {
    package enum Standing: Equatable, Sendable {
        /// Seals what is new.
        case inUse
        /// Opens what is older.
        case older
        /// Is under a secret that is not configured, or damaged.
        case unreadable
    }

    /// Eight hexadecimal digits.
    package let id: String
    /// Unix milliseconds.
    package let created: Int64
    package let standing: Standing
    /// Whether it is under a previous secret, until the next rotation.
    package let isUnderPreviousSecret: Bool
}

/// Looks at the data keys of a group and replaces the newest, for people. Has a loop and a connection of its own.
package actor DataKeyDesk {
    private let loop = EventLoop(name: "keys")
    private let wrap: KeyWrap
    private let redis: RedisConfiguration
    private let group: String

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private init(secrets: MasterSecrets, redis: RedisConfiguration, group: String) {
        wrap = KeyWrap(secrets)
        self.redis = redis
        self.group = group
    }

    /// The keys, the newest first.
    package static func list(
        secrets: MasterSecrets, redis: RedisConfiguration, group: String
    ) async throws(RedisError) -> [DataKeyListing] {
        let desk = DataKeyDesk(secrets: secrets, redis: redis, group: group)
        defer { desk.loop.shutDown() }
        return try await desk.list()
    }

    /// Makes a new key, and wraps the others under the current secret.
    ///
    /// - Returns: the id of the new key, as listed; nil if another was made at the same time, by a worker or a person.
    package static func rotate(
        secrets: MasterSecrets, redis: RedisConfiguration, group: String
    ) async throws(RedisError) -> String? {
        let desk = DataKeyDesk(secrets: secrets, redis: redis, group: group)
        defer { desk.loop.shutDown() }
        return try await desk.rotate()
    }

    private func list() async throws(RedisError) -> [DataKeyListing] {
        let ring = try await connected { store throws(RedisError) in try await store.fetch().ring }
        return ring.keys.values
            .sorted { ($0.id == ring.newest ? 1 : 0, $0.created, $0.id) > ($1.id == ring.newest ? 1 : 0, $1.created, $1.id) }
            .map { key in
                let standing = (try? wrap.unwrap(key).standing) ?? .unreadable
                return DataKeyListing(
                    id: key.field, created: key.created,
                    standing: standing == .unreadable ? .unreadable : key.id == ring.newest ? .inUse : .older,
                    isUnderPreviousSecret: standing == .underPreviousSecret)
            }
    }

    private func rotate() async throws(RedisError) -> String? {
        try await connected { store throws(RedisError) in
            let (ring, now) = try await store.fetch()
            let rotation = wrap.rotation(of: ring, now: now)
            return try await store.rotate(rotation) ? rotation.key.field : nil
        }
    }

    private func connected<Value>(_ body: (DataKeyStore) async throws(RedisError) -> Value) async throws(RedisError) -> Value {
        let client = RedisClient(loop: loop, configuration: redis)
        let result: Result<Value, RedisError>
        do {
            try await client.connect()
            result = .success(try await body(DataKeyStore(redis: client, group: group)))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return try result.get()
    }
}
