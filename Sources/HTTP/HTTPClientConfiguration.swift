/// The settings of one client, that is of one event loop's connections.
package struct HTTPClientConfiguration: Sendable {
    /// Connections to one scheme, host and port. Further requests wait in order of arrival.
    package var maxConnectionsPerHost = 512
    /// Connections to all hosts together.
    package var maxConnections = 16_384
    /// The time limits of requests that bring none of their own.
    package var timeouts = HTTPTimeouts()
    /// The largest response body, decoded, in bytes.
    package var maxResponseBytes = 32 << 20
    /// For how long an unused connection is kept for the next request.
    package var keepAlive: Duration = .seconds(60)
    /// Whether HTTP/2 is offered over TLS. Over plain TCP it is never used.
    package var http2 = true
    /// The proxy's URL, for example `http://proxy.example:3128`; nil or empty for none, whatever the environment says.
    package var proxy: String?
    /// A PEM file with the authorities to trust instead of the system's; nil or empty for the system's.
    package var caFile: String?
    /// Whether the server's certificate and name are verified.
    package var verifyTLS = true

    package init() {}
}
