/// Where Redis is and how to deal with it.
package struct RedisConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// Nil without encryption.
    package var tls: RedisTLS?
    /// Who knows the primary's address; nil if it does not change.
    package var sentinels: RedisSentinels?
    package var user: String?
    package var password: String?
    /// The number of the database that every connection selects.
    package var database: Int
    /// How long a command waits for its reply, and before that for a connection that is being made.
    package var timeout: Duration = .milliseconds(500)
    /// How long an attempt to connect and to greet the server may take, name resolution apart.
    package var connectTimeout: Duration = .seconds(2)
    /// The pause after the first failed attempt; it doubles with each further one, up to `maximumRetryDelay`, and a random part of up
    /// to half is taken off.
    package var retryDelay: Duration = .milliseconds(50)
    package var maximumRetryDelay: Duration = .seconds(2)
    /// What `CLIENT LIST` shows for our connections.
    package var clientName = "switchyard"

    package init(host: String, port: Int = 6379, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }

    /// - Parameters:
    ///   - url: `redis://[user[:password]@]host[:port][/database]`, percent-encoded where needed; `rediss://` for TLS; or
    ///     `redis-sentinel://[user[:password]@]host[:port][,host[:port]…]/service[/database]`, with `rediss-sentinel://` for TLS.
    ///   - password: the password, kept apart from the address; it takes the place of one in the URL.
    /// - Throws: `RedisError` with the code `invalidConfiguration`.
    package init(url: String, password: String? = nil) throws(RedisError) {
        let parts = try RedisURL(url)
        self.init(
            host: parts.addresses[0].host, port: parts.addresses[0].port, user: parts.user, password: password ?? parts.password,
            database: parts.database)
        if parts.isEncrypted { tls = RedisTLS() }
        if let service = parts.service { sentinels = RedisSentinels(addresses: parts.addresses, service: service) }
    }

    /// The address, for messages.
    var origin: String {
        "Redis at \(RedisAddress(host: host, port: port))"
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address without the password.
    package var description: String {
        let scheme = "redis\(tls == nil ? "" : "s")\(sentinels == nil ? "" : "-sentinel")"
        let addresses = sentinels?.addresses ?? [RedisAddress(host: host, port: port)]
        let place = addresses.map(\.description).joined(separator: ",") + (sentinels.map { "/\($0.service)" } ?? "")
        return "\(scheme)://\(user.map { "\($0)@" } ?? "")\(place)/\(database)"
    }

    package var debugDescription: String { description }

    /// Without children, so that `dump` does not show the password either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
