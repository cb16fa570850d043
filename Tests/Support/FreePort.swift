internal import Glibc
internal import Synchronization

/// Ports for test servers.
package enum FreePort {
    /// Below those that the kernel gives to outgoing connections, one of which might take a port before the server does.
    private static let range = 10_000..<32_000
    private static let given = Mutex<Set<Int>>([])

    /// A TCP port on loopback that was free a moment ago, and is given to no other test of the process.
    package static func find() throws -> Int {
        for _ in 0..<1_000 {
            let port = Int.random(in: range)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            // Not to be inherited by a child that another test starts meanwhile, which would keep the port.
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw SupportError("socket failed: \(String(cString: strerror(errno)))") }
            defer { close(descriptor) }
            var address = LoopbackAddress.make(port: port)
            if LoopbackAddress.bind(descriptor, &address) { return port }
        }
        throw SupportError("no free port: \(String(cString: strerror(errno)))")
    }

    /// Whether something accepts connections on the port of loopback.
    package static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = LoopbackAddress.make(port: port)
        return LoopbackAddress.connect(descriptor, &address)
    }
}
