package import HTTP

/// How providers are called.
package struct HTTPConfiguration: Sendable {
    /// The settings of one client; of the connections to a host it has all.
    package let client: HTTPClientConfiguration
    /// Connections of the whole worker to one host; 0 is one for each request in flight.
    package let maxConnectionsPerHost: Int
    private let caFileOrigin: Origin

    init(_ settings: Settings, _ problems: inout Problems) {
        func milliseconds(_ path: SettingPath) -> Duration { .milliseconds(settings.integer(path)) }
        var client = HTTPClientConfiguration()
        client.timeouts.connect = milliseconds("http.connect_timeout_ms")
        client.timeouts.firstByte = milliseconds("http.first_byte_timeout_ms")
        client.timeouts.idle = milliseconds("http.idle_timeout_ms")
        client.timeouts.total = milliseconds("http.total_timeout_ms")
        maxConnectionsPerHost = settings.integer("http.max_connections_per_host")
        if maxConnectionsPerHost > 0 { client.maxConnectionsPerHost = maxConnectionsPerHost }
        client.maxResponseBytes = settings.integer("http.max_response_bytes")
        client.keepAlive = .seconds(settings.integer("http.keep_alive_s"))
        client.http2 = settings.boolean("http.http2")
        let caFile = settings.text("http.ca_file")
        client.caFile = caFile.isEmpty ? nil : caFile
        do {
            let proxy = try settings.textOrSecret("http.proxy").reveal()
            client.proxy = proxy.isEmpty ? nil : proxy
        } catch {
            problems.add(error)
        }
        self.client = client
        caFileOrigin = settings.origin(of: "http.ca_file")
    }

    func checkFiles(_ problems: inout Problems) {
        guard let file = client.caFile else { return }
        do {
            _ = try FileText.read(file)
        } catch {
            problems.add("http.ca_file: \(file) cannot be read: \(error.reason)", at: caFileOrigin)
        }
    }
}

extension HTTPConfiguration: CustomReflectable {
    /// Without children, for the proxy's URL may hold a password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
