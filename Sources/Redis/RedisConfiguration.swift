/// Where Redis is and how to deal with it.
package struct RedisConfiguration: Sendable {
    package var host: String
    package var port: Int
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
    ///   - url: `redis://[user[:password]@]host[:port][/database]`, percent-encoded where needed.
    ///   - password: the password, kept apart from the address; it takes the place of one in the URL.
    /// - Throws: `RedisError` with the code `invalidConfiguration`.
    package init(url: String, password: String? = nil) throws(RedisError) {
        let parts = try RedisURL(url)
        self.init(
            host: parts.host, port: parts.port, user: parts.user, password: password ?? parts.password, database: parts.database)
    }

    /// The address, for messages.
    var origin: String {
        host.contains(":") ? "Redis at [\(host)]:\(port)" : "Redis at \(host):\(port)"
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address without the password.
    package var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "redis://\(user.map { "\($0)@" } ?? "")\(shownHost):\(port)/\(database)"
    }

    package var debugDescription: String { description }

    /// Without children, so that `dump` does not show the password either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
