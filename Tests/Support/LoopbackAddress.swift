internal import Glibc

/// What C's socket calls need to name a port of 127.0.0.1.
enum LoopbackAddress {
    static func make(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    static func bind(_ descriptor: Int32, _ address: inout sockaddr_in) -> Bool {
        withGeneric(&address) { Glibc.bind(descriptor, $0, $1) == 0 }
    }

    static func connect(_ descriptor: Int32, _ address: inout sockaddr_in) -> Bool {
        withGeneric(&address) { Glibc.connect(descriptor, $0, $1) == 0 }
    }

    static func port(of descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    private static func withGeneric(_ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
