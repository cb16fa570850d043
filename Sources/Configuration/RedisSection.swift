package import Redis

/// Where Redis is, if there is one.
package struct RedisSection: Sendable {
    /// The settings of each event loop's client; nil if there is no Redis.
    package let client: RedisConfiguration?

    init(_ settings: Settings, _ problems: inout Problems) {
        do {
            client = try Self.client(settings)
        } catch {
            problems.add(error)
            client = nil
        }
    }

    private static func client(_ settings: Settings) throws(ConfigurationError) -> RedisConfiguration? {
        let url = try settings.textOrSecret("redis.url").reveal()
        guard !url.isEmpty else { return nil }
        let password = try settings.secret("redis.password")?.reveal()
        do {
            var client = try RedisConfiguration(url: url, password: password)
            client.timeout = .milliseconds(settings.integer("redis.timeout_ms"))
            return client
        } catch {
            var problems = Problems()
            problems.add(error.message, at: settings.origin(of: "redis.url"))
            throw problems.error
        }
    }
}
