internal import EventLoop
internal import Glibc

/// Turns host names into numeric addresses.
enum HostAddresses {
    /// Whether the host is an address already.
    static func isNumeric(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    /// Looks a name up; blocks the thread. IPv4 addresses come first, since Redis listens there by default.
    static func resolve(_ host: String) -> Result<[String], ConnectionEnd> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &list)
        guard result == 0 else {
            return .failure(ConnectionEnd(reason: "its name cannot be resolved: \(String(cString: gai_strerror(result)))"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [(family: Int32, text: String)] = []
        var next = list
        while let entry = next {
            let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer -> String? in
                let result = getnameinfo(
                    entry.pointee.ai_addr, entry.pointee.ai_addrlen, buffer.baseAddress, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
                return result == 0 ? buffer.baseAddress.map { String(cString: $0) } : nil
            }
            if let text { addresses.append((entry.pointee.ai_family, text)) }
            next = entry.pointee.ai_next
        }
        let ordered = addresses.filter { $0.family == AF_INET } + addresses.filter { $0.family != AF_INET }
        return ordered.isEmpty ? .failure(ConnectionEnd(reason: "its name has no address")) : .success(ordered.map(\.text))
    }
}
