internal import CCurl
internal import EventLoop
internal import Glibc

/// libcurl's multi handle on an event loop: watches its sockets, keeps its timer, and says which handles are done.
///
/// libcurl asks for a socket to be watched at the start of each request and not to be at its end. A socket that this class opened
/// stays watched in between, which saves two system calls a request; its end shows by the callback that closes it.
final class CurlMulti {
    private struct Socket {
        /// Whether this class opened it, and so learns when it is closed.
        var isOurs = false
        var isRegistered = false
        /// What epoll reports.
        var watched: Readiness = []
        /// What libcurl wants to know.
        var wanted: Readiness = []
    }

    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    /// Holds the TLS sessions, which would otherwise stay with the easy handle that made them.
    let share: UnsafeMutableRawPointer
    /// Indexed by descriptor.
    private var sockets: [Socket] = []
    private var timer: LoopTimer?
    private var kickScheduled = false
    private var isActing = false
    private var isClosed = false
    /// Called for each handle that is done, which is removed already.
    var onDone: (EasyHandle, CURLcode) -> Void = { _, _ in }
    /// Called after libcurl has worked, when its functions may be called again.
    var onActed: () -> Void = {}

    /// Must be called on the loop's thread.
    init(loop: EventLoop, configuration: HTTPClientConfiguration) {
        CurlLibrary.initialise()
        guard let multi = curl_multi_init(), let share = curl_share_init() else { preconditionFailure("no memory for libcurl's handles") }
        self.loop = loop
        self.multi = multi
        self.share = UnsafeMutableRawPointer(share)
        timer = loop.makeTimer { [unowned self] in act(CURL_SOCKET_TIMEOUT, 0) }
        switchyard_share_set_long(share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_SSL_SESSION.rawValue))
        switchyard_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        switchyard_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
        switchyard_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maxConnections)
        switchyard_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConnections)
        switchyard_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, Admission.laneWidth)
        setCallbacks()
    }

    deinit {
        precondition(isClosed, "close an HTTP client before it is released")
    }

    /// The context that easy handles pass to `openSocket` and `closeSocket`.
    var socketContext: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Lets libcurl have the handle; it starts at the end of this turn.
    func add(_ handle: EasyHandle) -> Bool {
        curl_multi_add_handle(multi, handle.curl) == CURLM_OK
    }

    /// Takes the handle back. A connection that is in the middle of an exchange is closed.
    func remove(_ handle: EasyHandle) {
        curl_multi_remove_handle(multi, handle.curl)
    }

    /// Closes all connections. All handles must have been removed and released.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        timer = nil
        switchyard_multi_set_timer_callback(multi, nil)
        curl_multi_cleanup(multi)
        curl_share_cleanup(share)
    }

    // MARK: Work

    private func act(_ socket: curl_socket_t, _ events: Int32) {
        var running: Int32 = 0
        isActing = true
        curl_multi_socket_action(multi, socket, events, &running)
        isActing = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let result = switchyard_message_result(message)
            var context: UnsafeMutableRawPointer?
            switchyard_easy_get_pointer(easy, CURLINFO_PRIVATE, &context)
            curl_multi_remove_handle(multi, easy)
            guard let context else { continue }
            onDone(Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue(), result)
        }
        onActed()
    }

    private func setCallbacks() {
        switchyard_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, socketContext)
        switchyard_multi_set_pointer(multi, CURLMOPT_TIMERDATA, socketContext)
        switchyard_multi_set_socket_callback(multi) { _, socket, what, context, _ in
            guard let context else { return 0 }
            Unmanaged<CurlMulti>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.watch(socket, what) }
            return 0
        }
        switchyard_multi_set_timer_callback(multi) { _, milliseconds, context in
            guard let context else { return 0 }
            Unmanaged<CurlMulti>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.setTimer(milliseconds) }
            return 0
        }
    }

    private func setTimer(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer?.disarm()
            return
        }
        // New handles want to start at once: one call for all that are added in this turn. What libcurl asks for while it works
        // waits for the next turn, lest one busy transfer hold up the loop.
        guard milliseconds == 0, !isActing else {
            timer?.arm(after: .milliseconds(milliseconds))
            return
        }
        guard !kickScheduled else { return }
        kickScheduled = true
        loop.atTurnEnd { [self] in
            guard !isClosed else { return }
            kickScheduled = false
            act(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    // MARK: Sockets

    func openSocket(family: Int32, type: Int32, protocol: Int32) -> curl_socket_t {
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), `protocol`)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        makeRoom(for: descriptor)
        sockets[Int(descriptor)] = Socket(isOurs: true)
        return descriptor
    }

    func closeSocket(_ descriptor: curl_socket_t) -> Int32 {
        let index = Int(descriptor)
        if index < sockets.count {
            if sockets[index].isRegistered { loop.deregister(descriptor) }
            sockets[index] = Socket()
        }
        return Glibc.close(descriptor)
    }

    private func makeRoom(for descriptor: curl_socket_t) {
        while sockets.count <= Int(descriptor) { sockets.append(Socket()) }
    }

    private func watch(_ descriptor: curl_socket_t, _ what: Int32) {
        makeRoom(for: descriptor)
        let index = Int(descriptor)
        var wanted: Readiness = []
        if what != CURL_POLL_REMOVE {
            if what & CURL_POLL_IN != 0 { wanted.insert(.read) }
            if what & CURL_POLL_OUT != 0 { wanted.insert(.write) }
        }
        sockets[index].wanted = wanted
        // Being told of too much to read can wait until it happens; room to write is nearly always there. But what libcurl has opened
        // itself, to be woken when a name is resolved, it closes without a word more.
        let watched = sockets[index].watched
        let isLazy = sockets[index].isOurs && wanted.isSubset(of: watched) && watched.contains(.write) == wanted.contains(.write)
        if watched != wanted, !isLazy { setWatch(descriptor, wanted) }
    }

    private func setWatch(_ descriptor: curl_socket_t, _ interest: Readiness) {
        let index = Int(descriptor)
        if interest.isEmpty {
            if sockets[index].isRegistered { loop.deregister(descriptor) }
            sockets[index].isRegistered = false
        } else if sockets[index].isRegistered {
            loop.modify(descriptor, interest: interest)
        } else {
            sockets[index].isRegistered = true
            loop.register(descriptor, interest: interest) { [unowned(unsafe) self] in ready(descriptor, $0) }
        }
        sockets[index].watched = interest
    }

    private func ready(_ descriptor: curl_socket_t, _ readiness: Readiness) {
        let wanted = sockets[Int(descriptor)].wanted
        // A failure is reported by the call that libcurl is about to make, with its reason.
        let relevant = readiness.contains(.failure) ? wanted : readiness.intersection(wanted)
        guard !relevant.isEmpty else {
            // An unused connection that the server has closed, mostly.
            setWatch(descriptor, wanted)
            return
        }
        var events: Int32 = 0
        if relevant.contains(.read) { events |= CURL_CSELECT_IN }
        if relevant.contains(.write) { events |= CURL_CSELECT_OUT }
        act(descriptor, events)
    }
}
