internal import Glibc

/// Ports for test servers.
package enum FreePort {
    /// A TCP port on loopback that was free a moment ago.
    package static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SupportError("socket failed: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var address = LoopbackAddress.make(port: 0)
        guard LoopbackAddress.bind(descriptor, &address), let port = LoopbackAddress.port(of: descriptor) else {
            throw SupportError("no free port: \(String(cString: strerror(errno)))")
        }
        return port
    }

    /// Whether something accepts connections on the port of loopback.
    package static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = LoopbackAddress.make(port: port)
        return LoopbackAddress.connect(descriptor, &address)
    }
}
