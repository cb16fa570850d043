internal import CHiredis
internal import EventLoop
internal import Glibc

/// A connection through TLS, which Debian's hiredis does not have: the socket and TLS are ours, the parser is hiredis's.
final class SecureConnection: Connection {
    private enum Phase { case connecting, greeting, ready, ended }

    private let loop: EventLoop
    private let descriptor: Int32
    private let session: TLSSession
    private let reader: UnsafeMutablePointer<redisReader>
    private var phase = Phase.connecting
    private var interest: Readiness = .write
    private var outgoing: [UInt8] = []
    private var flushIsScheduled = false

    /// Begins to connect.
    ///
    /// - Parameter address: numeric.
    static func open(
        address: String, port: Int, host: String, tls: RedisTLS, loop: EventLoop, onEvent: @escaping (Event) -> Void
    ) -> Result<Connection, ConnectionEnd> {
        do throws(ConnectionEnd) {
            let descriptor = try connectingSocket(address, port)
            do throws(ConnectionEnd) {
                let session = try TLSSession(tls, host: host, descriptor: descriptor)
                guard let reader = redisReaderCreateWithFunctions(ReplyBuilder.functions) else {
                    throw ConnectionEnd(reason: "out of memory")
                }
                let connection = SecureConnection(descriptor, session, reader, loop: loop, onEvent: onEvent)
                connection.start()
                return .success(connection)
            } catch {
                close(descriptor)
                throw error
            }
        } catch {
            return .failure(error)
        }
    }

    private init(
        _ descriptor: Int32, _ session: TLSSession, _ reader: UnsafeMutablePointer<redisReader>, loop: EventLoop,
        onEvent: @escaping (Event) -> Void
    ) {
        self.descriptor = descriptor
        self.session = session
        self.reader = reader
        self.loop = loop
        super.init(onEvent: onEvent)
        reader.pointee.privdata = Unmanaged<Connection>.passUnretained(self).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
    }

    private static func connectingSocket(_ address: String, _ port: Int) throws(ConnectionEnd) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let entry = list?.pointee else {
            throw ConnectionEnd(reason: "\(address) is no address")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(entry.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionEnd(reason: String(cString: strerror(errno))) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) != 0, errno != EINPROGRESS {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ConnectionEnd(reason: reason)
        }
        return descriptor
    }

    private func start() {
        loop.register(descriptor, interest: interest) { [self] in handle($0) }
    }

    override func send(_ command: UnsafeBufferPointer<UInt8>) {
        guard phase != .ended else { return }
        outgoing.append(contentsOf: command)
        builder.expectReply()
        guard phase == .ready, !flushIsScheduled else { return }
        flushIsScheduled = true
        loop.atTurnEnd { [self] in
            flushIsScheduled = false
            if phase == .ready { flush() }
        }
    }

    override func drop() {
        onEvent = nil
        end(nil)
    }

    // MARK: Readiness

    private func handle(_ readiness: Readiness) {
        switch phase {
        case .connecting:
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { return end(ConnectionEnd(reason: String(cString: strerror(error)))) }
            phase = .greeting
            greet()
        case .greeting: greet()
        case .ready:
            // TLS may want to read in order to write, and the other way round.
            flush()
            if phase == .ready { receive() }
        case .ended: break
        }
    }

    private func greet() {
        switch session.handshake() {
        case .done:
            phase = .ready
            watch(.read)
            onEvent?(.connected)
        case .wantsRead: watch(.read)
        case .wantsWrite: watch(.write)
        case .ended(let reason): end(ConnectionEnd(reason: reason))
        }
    }

    private func flush() {
        var sent = 0
        defer { if sent > 0 { outgoing.removeFirst(sent) } }
        while sent < outgoing.count {
            writes += 1
            switch outgoing.withUnsafeBytes({ session.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .done(let count): sent += count
            case .wantsRead: return watch(.read)
            case .wantsWrite: return watch([.read, .write])
            case .ended(let reason): return end(ConnectionEnd(reason: reason))
            }
        }
        watch(.read)
    }

    private func receive() {
        while phase == .ready {
            let progress = withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 1) { buffer in
                let progress = session.read(into: buffer)
                if case .done(let count) = progress { feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                return progress
            }
            switch progress {
            case .done: continue
            case .wantsRead: return deliver()
            case .wantsWrite:
                watch([.read, .write])
                return deliver()
            case .ended(let reason):
                deliver()
                return end(ConnectionEnd(reason: reason))
            }
        }
    }

    private static let pieceSize = 16_384

    private func feed(_ bytes: UnsafeRawBufferPointer) {
        redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &reply) == REDIS_OK else {
                deliver()
                return end(endOfProtocol)
            }
            if reply == nil { return }
        }
    }

    private var endOfProtocol: ConnectionEnd {
        if case .error(let text)? = builder.unexpected { return ConnectionEnd(reason: text) }
        let reason =
            builder.unexpected == nil ? "the server sent something that is not the Redis protocol" : "the server sent a reply to no command"
        return ConnectionEnd(isProtocolViolation: true, reason: reason)
    }

    private func watch(_ readiness: Readiness) {
        guard phase != .ended, interest != readiness else { return }
        interest = readiness
        loop.modify(descriptor, interest: readiness)
    }

    private func end(_ reason: ConnectionEnd?) {
        guard phase != .ended else { return }
        phase = .ended
        loop.deregister(descriptor)
        close(descriptor)
        if let reason { tellOfEnd(reason) }
    }
}
