/// The parts of a `redis://` URL.
struct RedisURL {
    var host = ""
    var port = 6379
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
        case "redis":
            break
        case "rediss":
            throw Self.invalid(
                "rediss:// asks for TLS, which this build cannot speak to Redis",
                advice: "use redis:// over a private network or through a TLS tunnel such as stunnel")
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
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty {
                guard let number = Int(path), number >= 0 else { throw Self.invalid("its database is not a number") }
                database = number
            }
            rest = rest[..<slash]
        }
        try readAddress(rest)
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

    private mutating func readAddress(_ text: Substring) throws(RedisError) {
        var portText: Substring = ""
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw Self.invalid("its IPv6 address lacks the closing ]") }
            host = String(text[text.index(after: text.startIndex)..<end])
            portText = text[text.index(after: end)...]
            guard portText.isEmpty || portText.first == ":" else { throw Self.invalid("something follows its IPv6 address") }
            portText = portText.dropFirst()
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw Self.invalid("its IPv6 address is not in brackets") }
            host = String(text.prefix { $0 != ":" })
            if parts.count == 2 { portText = parts[1] }
        }
        guard !host.isEmpty else { throw Self.invalid("it names no host") }
        if !portText.isEmpty {
            guard let number = Int(portText), (1...65_535).contains(number) else {
                throw Self.invalid("its port is not a number up to 65535")
            }
            port = number
        }
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
