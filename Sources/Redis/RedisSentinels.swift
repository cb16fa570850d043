/// Redis Sentinels, which know where a service's primary is, and agree on another when it is gone.
package struct RedisSentinels: Sendable, Equatable {
    /// Asked one after the other.
    package var addresses: [RedisAddress]
    /// What the sentinels call the primary and its replicas.
    package var service: String
    /// The sentinels' own; nil if they have none.
    package var password: String?

    package init(addresses: [RedisAddress], service: String, password: String? = nil) {
        self.addresses = addresses
        self.service = service
        self.password = password
    }
}

package struct RedisAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
