/// The parts of a URL of Redis, or of its sentinels.
struct RedisURL {
    /// One, or those of the sentinels.
    var addresses: [RedisAddress] = []
    var isEncrypted = false
    /// The sentinels' name of the primary; nil if there are none.
    var service: String?
    var user: String?
    var password: String?
    var database = 0

    /// - Throws: `RedisError` with the code `invalidConfiguration`; its message does not repeat the URL, which may hold a password.
    init(_ url: String) throws(RedisError) {
        guard let schemeEnd = url.range(ofText: "://") else {
            throw Self.invalid("it has no scheme")
        }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        switch scheme {
        case "redis", "redis-sentinel": break
        case "rediss", "rediss-sentinel": isEncrypted = true
        case "unix", "redis+unix", "redis-socket", "redis+socket":
            throw Self.invalid("\(scheme):// asks for a Unix socket, which is not supported", advice: "let Redis listen on a TCP port")
        default:
            throw Self.invalid("its scheme is not redis")
        }

        var rest = url[schemeEnd.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Self.invalid(
                "it has parameters", advice: "give the timeout as redis.timeout_ms, and encode ? and # in a password as %3F and %23")
        }
        if let at = rest.lastIndex(of: "@") {
            try readCredentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var path = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst()
        rest = rest.prefix { $0 != "/" }
        guard scheme.hasSuffix("sentinel") else {
            try readDatabase(path.popFirst())
            guard path.isEmpty else { throw Self.invalid("its database is not a number") }
            addresses = [try Self.address(rest, port: Self.port)]
            return
        }
        let name = try Self.decode(path.popFirst() ?? "")
        guard !name.isEmpty else {
            throw Self.invalid(
                "it does not name the service", advice: "write \(scheme)://[user@]host[:port][,host[:port]…]/service[/database]")
        }
        service = name
        try readDatabase(path.popFirst())
        for address in rest.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try Self.address(address, port: Self.sentinelPort))
        }
    }

    private static let port = 6_379
    private static let sentinelPort = 26_379

    private mutating func readDatabase(_ text: Substring?) throws(RedisError) {
        guard let text, !text.isEmpty else { return }
        guard let number = Int(text), number >= 0 else { throw Self.invalid("its database is not a number") }
        database = number
    }

    private mutating func readCredentials(_ text: Substring) throws(RedisError) {
        guard !text.contains("/") else {
            throw Self.invalid("its user or password has a /", advice: "encode it as %2F, or give the password as redis.password")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Self.decode(parts[0])
        user = name.isEmpty ? nil : name
        if parts.count == 2 { password = try Self.decode(parts[1]) }
    }

    private static func address(_ text: Substring, port: Int) throws(RedisError) -> RedisAddress {
        var address = RedisAddress(host: "", port: port)
        var portText: Substring = ""
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw invalid("its IPv6 address lacks the closing ]") }
            address.host = String(text[text.index(after: text.startIndex)..<end])
            portText = text[text.index(after: end)...]
            guard portText.isEmpty || portText.first == ":" else { throw invalid("something follows its IPv6 address") }
            portText = portText.dropFirst()
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw invalid("its IPv6 address is not in brackets") }
            address.host = String(text.prefix { $0 != ":" })
            if parts.count == 2 { portText = parts[1] }
        }
        guard !address.host.isEmpty else { throw invalid("it names no host") }
        if !portText.isEmpty {
            guard let number = Int(portText), (1...65_535).contains(number) else {
                throw invalid("its port is not a number up to 65535")
            }
            address.port = number
        }
        return address
    }

    private static func decode(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                throw invalid("its user or password has a % that begins no encoded byte", advice: "encode % as %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func invalid(_ reason: String, advice: String = "write redis://[user@]host[:port][/database]") -> RedisError {
        RedisError(.invalidConfiguration, "redis.url cannot be used: \(reason); \(advice)")
    }
}

extension String {
    /// Where `text` first occurs.
    func range(ofText text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
