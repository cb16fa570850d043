internal import CHiredis
internal import EventLoop
internal import Glibc

/// A TCP connection, driven by hiredis on the loop's epoll.
final class PlainConnection: Connection {
    private let loop: EventLoop
    private let descriptor: Int32
    /// Nil once hiredis has freed it.
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var end = ConnectionEnd(reason: "closed by us")
    private var interest: Readiness = []
    private var isConnected = false
    private var isFlushing = false
    private var flushIsScheduled = false

    /// Begins to connect.
    ///
    /// - Parameter address: a numeric address, so that nothing has to be looked up.
    static func open(
        address: String, port: Int, loop: EventLoop, onEvent: @escaping (Event) -> Void
    ) -> Result<Connection, ConnectionEnd> {
        guard let context = redisAsyncConnect(address, Int32(port)) else {
            return .failure(ConnectionEnd(reason: "out of memory"))
        }
        guard context.pointee.err == 0 else {
            let reason = describe(context).reason
            redisAsyncFree(context)
            return .failure(ConnectionEnd(reason: reason))
        }
        let connection = PlainConnection(context, loop: loop, onEvent: onEvent)
        connection.start()
        return .success(connection)
    }

    private init(_ context: UnsafeMutablePointer<redisAsyncContext>, loop: EventLoop, onEvent: @escaping (Event) -> Void) {
        self.loop = loop
        self.context = context
        descriptor = context.pointee.c.fd
        super.init(onEvent: onEvent)
    }

    private func start() {
        guard let context else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // Balanced in `cleanedUp`, hiredis's last word.
        let owner = Unmanaged.passRetained(self).toOpaque()
        context.pointee.ev.data = owner
        context.pointee.ev.addRead = { PlainConnection.from($0)?.watch(.read) }
        context.pointee.ev.delRead = { PlainConnection.from($0)?.unwatch(.read) }
        context.pointee.ev.addWrite = { PlainConnection.from($0)?.writeWanted() }
        context.pointee.ev.delWrite = { PlainConnection.from($0)?.unwatch(.write) }
        context.pointee.ev.cleanup = { PlainConnection.from($0)?.cleanedUp() }
        context.pointee.c.reader.pointee.fn = ReplyBuilder.functions
        context.pointee.c.reader.pointee.privdata = Unmanaged<Connection>.passUnretained(self).toOpaque()
        watch(.write)
    }

    override func send(_ command: UnsafeBufferPointer<UInt8>) {
        guard let context, let start = command.baseAddress else { return }
        let result = start.withMemoryRebound(to: CChar.self, capacity: command.count) {
            redisAsyncFormattedCommand(context, nil, nil, $0, command.count)
        }
        if result == REDIS_OK { builder.expectReply() }
    }

    override func drop() {
        onEvent = nil
        if let context { redisAsyncFree(context) }
    }

    // MARK: Readiness

    private func handle(_ readiness: Readiness) {
        guard let context else { return }
        guard isConnected else {
            // hiredis takes this call for the end of connecting, whatever came of it.
            redisAsyncHandleWrite(context)
            if self.context == nil { return tellOfEnd(end) }
            guard context.pointee.c.flags & REDIS_CONNECTED != 0 else { return }
            isConnected = true
            onEvent?(.connected)
            return
        }
        if readiness.contains(.write) {
            write(context)
            if self.context == nil { return tellOfEnd(end) }
        }
        if !readiness.isDisjoint(with: [.read, .failure]) {
            redisAsyncHandleRead(context)
            deliver()
            if self.context == nil { tellOfEnd(end) }
        }
    }

    private func write(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        writes += 1
        isFlushing = true
        redisAsyncHandleWrite(context)
        isFlushing = false
    }

    private func flush() {
        flushIsScheduled = false
        guard let context, isConnected else { return }
        write(context)
        if self.context == nil { tellOfEnd(end) }
    }

    // MARK: hiredis's hooks

    private static func from(_ data: UnsafeMutableRawPointer?) -> PlainConnection? {
        data.map { Unmanaged<PlainConnection>.fromOpaque($0).takeUnretainedValue() }
    }

    private func watch(_ readiness: Readiness) {
        if interest.contains(readiness) { return }
        let isFirst = interest.isEmpty
        interest.formUnion(readiness)
        if isFirst, !loop.isRegistered(descriptor) {
            loop.register(descriptor, interest: interest) { [self] in handle($0) }
        } else {
            loop.modify(descriptor, interest: interest)
        }
    }

    private func unwatch(_ readiness: Readiness) {
        guard !interest.isDisjoint(with: readiness) else { return }
        interest.subtract(readiness)
        loop.modify(descriptor, interest: interest)
    }

    private func writeWanted() {
        // Asked for while writing, it means that the socket took only a part; before connecting, that there is nothing to do yet.
        if isFlushing || !isConnected { return watch(.write) }
        if flushIsScheduled || interest.contains(.write) { return }
        flushIsScheduled = true
        loop.atTurnEnd { [self] in flush() }
    }

    private func cleanedUp() {
        guard let context else { return }
        if context.pointee.err != 0 { end = Self.describe(context, unexpected: builder.unexpected) }
        self.context = nil
        loop.deregister(descriptor)
        Unmanaged.passUnretained(self).release()
    }

    private static func describe(
        _ context: UnsafeMutablePointer<redisAsyncContext>, unexpected: RedisValue? = nil
    ) -> ConnectionEnd {
        switch (context.pointee.err, unexpected) {
        case (_, .error(let text)?):
            // As when the server has too many clients.
            return ConnectionEnd(reason: text)
        case (_, _?):
            return ConnectionEnd(isProtocolViolation: true, reason: "the server sent a reply to no command")
        case (REDIS_ERR_EOF, _):
            return ConnectionEnd(reason: "the server closed the connection")
        case (REDIS_ERR_PROTOCOL, _):
            return ConnectionEnd(isProtocolViolation: true, reason: "the server sent something that is not the Redis protocol")
        default:
            let text = context.pointee.errstr.map { String(cString: $0) } ?? ""
            return ConnectionEnd(reason: text.isEmpty ? "the connection failed" : text)
        }
    }
}
