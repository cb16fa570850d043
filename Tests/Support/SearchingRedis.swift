internal import Glibc
internal import Synchronization

/// A Redis with the vector search that Debian's lacks: the commands of the search are answered here, by looking at everything; all others
/// by a real server.
package final class SearchingRedis: Sendable {
    fileprivate struct State {
        var indexes: [String: (prefix: String, dimensions: Int)] = [:]
        /// What `HSET` has written, by name and field.
        var hashes: [String: [String: [UInt8]]] = [:]
        var searches = 0
    }

    private final class Search: Sendable {
        let state = Mutex(State())
    }

    private let search = Search()
    private let front: ScriptedServer

    package init(before server: RedisServer) throws {
        let (search, port) = (search, server.port)
        front = try ScriptedServer { client in
            guard let behind = Pipe(connectedTo: port) else { return }
            let before = Pipe(client.descriptor)
            while let (words, bytes) = before.readCommand() {
                if let reply = search.state.withLock({ $0.answer(words) }) {
                    guard client.write(reply) else { return }
                } else {
                    guard behind.send(bytes), let reply = behind.readReply(), client.write(reply) else { return }
                }
            }
        }
    }

    package var port: Int { front.port }
    package var searches: Int { search.state.withLock { $0.searches } }
}

extension SearchingRedis.State {
    /// The reply to a command of the search; nil for any other.
    mutating func answer(_ words: [[UInt8]]) -> [UInt8]? {
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        switch texts[0].uppercased() {
        case "FT._LIST": return Array("*\(indexes.count)\r\n".utf8) + indexes.keys.flatMap { Self.bulk(Array($0.utf8)) }
        case "FT.CREATE":
            guard let prefix = texts.firstIndex(of: "PREFIX"), let dimensions = texts.firstIndex(of: "DIM"), texts.contains("COSINE"),
                texts.contains("TAG"), let count = Int(texts[dimensions + 1])
            else { return Array("-ERR bad schema\r\n".utf8) }
            guard indexes[texts[1]] == nil else { return Array("-Index already exists\r\n".utf8) }
            indexes[texts[1]] = (texts[prefix + 2], count)
            return Array("+OK\r\n".utf8)
        case "FT.SEARCH":
            searches += 1
            guard let index = indexes[texts[1]] else { return Array("-\(texts[1]): no such index\r\n".utf8) }
            guard let open = texts[2].firstIndex(of: "{"), let close = texts[2].firstIndex(of: "}"),
                let parameter = texts.firstIndex(of: "PARAMS"), words[parameter + 3].count == 4 * index.dimensions
            else { return Array("-ERR bad query\r\n".utf8) }
            return nearest(words[parameter + 3], scope: String(texts[2][texts[2].index(after: open)..<close]), index.prefix)
        case "HSET":
            for field in stride(from: 2, to: words.count - 1, by: 2) { hashes[texts[1], default: [:]][texts[field]] = words[field + 1] }
            return nil
        default: return nil
        }
    }

    private func nearest(_ vector: [UInt8], scope: String, _ prefix: String) -> [UInt8] {
        let inScope = hashes.filter { $0.key.hasPrefix(prefix) && $0.value["scope"] == Array(scope.utf8) }
        let near = inScope.map { (distance: Self.distance($0.value["vector"] ?? [], vector), hash: $0) }.min { $0.distance < $1.distance }
        guard let near else { return Array("*1\r\n:0\r\n".utf8) }
        return Array("*3\r\n:1\r\n".utf8) + Self.bulk(Array(near.hash.key.utf8)) + Array("*4\r\n".utf8) + Self.bulk(Array("distance".utf8))
            + Self.bulk(Array("\(near.distance)".utf8)) + Self.bulk(Array("answer".utf8)) + Self.bulk(near.hash.value["answer"] ?? [])
    }

    /// One less the cosine.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Double {
        func numbers(_ bytes: [UInt8]) -> [Double] {
            stride(from: 0, to: bytes.count, by: 4).map { start in
                Double(Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }))
            }
        }
        let (left, right) = (numbers(one), numbers(other))
        func product(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
        return 1 - product(left, right) / (product(left, left) * product(right, right)).squareRoot()
    }

    private static func bulk(_ bytes: [UInt8]) -> [UInt8] { Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8) }
}

/// One side of the relay, read in pieces of the Redis protocol.
private final class Pipe {
    private let descriptor: Int32
    private let isOwn: Bool
    private var buffer: [UInt8] = []
    private var position = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isOwn = false
    }

    init?(connectedTo port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        isOwn = true
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result != 0 { return nil }
    }

    deinit {
        if isOwn { close(descriptor) }
    }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// A command's words, and its bytes.
    func readCommand() -> (words: [[UInt8]], bytes: [UInt8])? {
        begin()
        guard let head = line(), head.first == "*", let count = Int(head.dropFirst()) else { return nil }
        var words: [[UInt8]] = []
        for _ in 0..<count {
            guard let size = line().flatMap({ Int($0.dropFirst()) }), let word = take(size + 2) else { return nil }
            words.append(Array(word.dropLast(2)))
        }
        return (words, Array(buffer[..<position]))
    }

    func readReply() -> [UInt8]? {
        begin()
        return skipReply() ? Array(buffer[..<position]) : nil
    }

    private func skipReply() -> Bool {
        guard let head = line() else { return false }
        let count = Int(head.dropFirst()) ?? 0
        switch head.first {
        case "$": return count < 0 || take(count + 2) != nil
        case "*": return (0..<max(0, count)).allSatisfy { _ in skipReply() }
        default: return true
        }
    }

    /// Lets go of what was read before.
    private func begin() {
        buffer.removeFirst(position)
        position = 0
    }

    private func line() -> String? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return String(decoding: buffer[position..<(end - 1)], as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    private func take(_ count: Int) -> ArraySlice<UInt8>? {
        while buffer.count < position + count { guard fill() else { return nil } }
        defer { position += count }
        return buffer[position..<(position + count)]
    }

    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: piece[..<count])
        return true
    }
}
