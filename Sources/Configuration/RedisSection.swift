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
        var client: RedisConfiguration
        do {
            client = try RedisConfiguration(url: url, password: password)
        } catch {
            var problems = Problems()
            problems.add(error.message, at: settings.origin(of: "redis.url"))
            throw problems.error
        }
        client.timeout = .milliseconds(settings.integer("redis.timeout_ms"))
        client.sentinels?.password = try settings.secret("redis.sentinel_password")?.reveal()
        try readTLS(settings, &client)
        return client
    }

    private static func readTLS(_ settings: Settings, _ client: inout RedisConfiguration) throws(ConfigurationError) {
        func text(_ path: SettingPath) -> String? {
            let text = settings.text(path)
            return text.isEmpty ? nil : text
        }
        let tls = RedisTLS(
            authorities: text("redis.ca_file"), certificate: text("redis.client_certificate"), key: text("redis.client_key"),
            serverName: text("redis.server_name"))
        if client.tls != nil {
            client.tls = tls
        } else if tls != RedisTLS() {
            var problems = Problems()
            problems.add(
                "redis.url: is without TLS, but redis.ca_file, client_certificate, client_key or server_name is set; write rediss://",
                at: settings.origin(of: "redis.url"))
            throw problems.error
        }
    }
}
