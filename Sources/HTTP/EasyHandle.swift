internal import CCurl
internal import EventLoop
internal import Glibc

/// One of libcurl's easy handles, with all that stays the same from request to request set once. Its address is what libcurl's
/// callbacks get.
final class EasyHandle {
    /// Which of an origin's connections a request may use.
    ///
    /// libcurl keeps connections apart by host, port and IPv6 scope, so that requests with scopes of their own are as if to different
    /// hosts. The kernel heeds the scope for link-local addresses only.
    enum Connections: Hashable {
        /// HTTP/1.1: those that the handles of this one's group have made. libcurl looks through all connections of a host for an
        /// unused one, which with hundreds of busy ones takes longer than the request.
        case group
        /// HTTP/2 is offered: those of a lane of `Admission`.
        case lane(Int)
        /// Without a scope.
        case all
    }

    private static let groupSize = 32

    let curl: UnsafeMutableRawPointer
    private let number: Int
    /// The transfer it works for; the client keeps it alive meanwhile.
    unowned(unsafe) var transfer: Transfer?
    private let errorText: UnsafeMutablePointer<CChar>
    // What is set already, so that handles that serve one deployment set nothing twice.
    private var target: HTTPTarget?
    private var headers: HTTPHeaderList?
    private var method: HTTPMethod?
    private var connections: Connections?

    init?(number: Int, _ configuration: HTTPClientConfiguration, share: UnsafeMutableRawPointer, socketContext: UnsafeMutableRawPointer) {
        guard let curl = curl_easy_init() else { return nil }
        self.curl = curl
        self.number = number
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText[0] = 0
        setUp(configuration, share: share, socketContext: socketContext)
        setCallbacks()
    }

    deinit {
        curl_easy_cleanup(curl)
        errorText.deallocate()
    }

    /// Makes the handle ready to send `request` for `transfer`.
    func prepare(_ request: borrowing HTTPRequest, for transfer: Transfer, over connections: Connections) {
        self.transfer = transfer
        errorText[0] = 0
        if self.connections != connections { setConnections(connections) }
        if target !== request.target {
            target = request.target
            switchyard_easy_set_string(curl, CURLOPT_URL, request.target.url)
        }
        if headers !== request.headers {
            headers = request.headers
            switchyard_easy_set_list(curl, CURLOPT_HTTPHEADER, request.headers.head)
        }
        if method != request.method { setMethod(request.method) }
        if request.method == .post || request.method == .put || request.body.count > 0 { setBody(request.body, request.method) }
    }

    /// Forgets the transfer. Its body's memory is not looked at again.
    func release() {
        transfer = nil
        // A list that was made for this one request should not outlive it.
        if headers?.isExtended == true { headers = nil }
    }

    /// libcurl's words for what went wrong; empty if it has none.
    var failure: String { String(cString: errorText) }

    var status: Int { long(CURLINFO_RESPONSE_CODE) }
    var isHTTP2: Bool { long(CURLINFO_HTTP_VERSION) == CURL_HTTP_VERSION_2_0 }
    var connectionsMade: Int { long(CURLINFO_NUM_CONNECTS) }

    /// The response's own word on its body's length on the wire; nil if it has none.
    var announcedLength: Int? {
        var length: curl_off_t = -1
        switchyard_easy_get_time(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
        return length >= 0 ? Int(length) : nil
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        switchyard_easy_get_long(curl, info, &value)
        return value
    }

    private func setConnections(_ connections: Connections) {
        self.connections = connections
        var offersHTTP2 = false
        var scope = 0
        switch connections {
        case .group:
            scope = 1 + number / Self.groupSize
        case .lane(let lane):
            scope = 1 + lane
            offersHTTP2 = true
        case .all:
            break
        }
        switchyard_easy_set_long(curl, CURLOPT_ADDRESS_SCOPE, scope)
        // Only where it is possible: libcurl would hold back all but one request until it knew.
        switchyard_easy_set_long(curl, CURLOPT_HTTP_VERSION, offersHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        switchyard_easy_set_long(curl, CURLOPT_PIPEWAIT, offersHTTP2 ? 1 : 0)
    }

    private func setMethod(_ method: HTTPMethod) {
        self.method = method
        // The two that libcurl knows by itself; others are a word over one of them, with a body or without.
        switchyard_easy_set_long(curl, method == .post ? CURLOPT_POST : CURLOPT_HTTPGET, 1)
        let isCustom = method != .post && method != .get
        switchyard_easy_set_string(curl, CURLOPT_CUSTOMREQUEST, isCustom ? method.rawValue : nil)
    }

    private func setBody(_ body: UnsafeRawBufferPointer, _ method: HTTPMethod) {
        switchyard_easy_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        switchyard_easy_set_pointer(curl, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(errorText))
        if method != .post {
            // A body makes a POST of whatever the method was: keep its word, and set it anew for the next request.
            switchyard_easy_set_string(curl, CURLOPT_CUSTOMREQUEST, method.rawValue)
            self.method = nil
        }
    }

    // MARK: What never changes

    private func setUp(_ configuration: HTTPClientConfiguration, share: UnsafeMutableRawPointer, socketContext: UnsafeMutableRawPointer) {
        let keepAlive = Int(configuration.keepAlive.components.seconds)
        let long: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_NOPROGRESS, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TCP_NODELAY, 1),
            (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_TCP_KEEPIDLE, 30), (CURLOPT_TCP_KEEPINTVL, 10), (CURLOPT_MAXAGE_CONN, max(1, keepAlive)),
            (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1), (CURLOPT_BUFFERSIZE, 8_192), (CURLOPT_DNS_CACHE_TIMEOUT, 60),
            (CURLOPT_SSL_VERIFYPEER, configuration.verifyTLS ? 1 : 0), (CURLOPT_SSL_VERIFYHOST, configuration.verifyTLS ? 2 : 0),
            // The client keeps the time; libcurl's own limits would cost a timer for each request.
            (CURLOPT_TIMEOUT_MS, 0), (CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max)),
        ]
        for (option, value) in long { switchyard_easy_set_long(curl, option, value) }
        switchyard_easy_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        // Makes libcurl decode; what is asked for is in the header list.
        switchyard_easy_set_string(curl, CURLOPT_ACCEPT_ENCODING, "")
        // Empty rather than absent: libcurl would look into the environment.
        switchyard_easy_set_string(curl, CURLOPT_PROXY, configuration.proxy ?? "")
        switchyard_easy_set_string(curl, CURLOPT_NOPROXY, "")
        if let caFile = configuration.caFile, !caFile.isEmpty {
            switchyard_easy_set_string(curl, CURLOPT_CAINFO, caFile)
            switchyard_easy_set_string(curl, CURLOPT_CAPATH, nil)
        }
        switchyard_easy_set_pointer(curl, CURLOPT_SHARE, share)
        switchyard_easy_set_pointer(curl, CURLOPT_ERRORBUFFER, errorText)
        switchyard_easy_set_pointer(curl, CURLOPT_OPENSOCKETDATA, socketContext)
        switchyard_easy_set_pointer(curl, CURLOPT_CLOSESOCKETDATA, socketContext)
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        switchyard_easy_set_pointer(curl, CURLOPT_PRIVATE, context)
        switchyard_easy_set_pointer(curl, CURLOPT_PREREQDATA, context)
        switchyard_easy_set_pointer(curl, CURLOPT_HEADERDATA, context)
        switchyard_easy_set_pointer(curl, CURLOPT_WRITEDATA, context)
        switchyard_easy_set_ready_callback(curl) { context, _, _, _, _ in
            EasyHandle.withTransfer(context) { $0.connected() }
            return CURL_PREREQFUNC_OK
        }
        switchyard_easy_set_data_callback(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return EasyHandle.withTransfer(context) { $0.receiveHeader(line) } == true ? line.count : 0
        }
        switchyard_easy_set_data_callback(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return EasyHandle.withTransfer(context) { $0.receiveBody(piece) } == true ? piece.count : 0
        }
        switchyard_easy_set_open_callback(curl) { context, _, address in
            guard let context, let address else { return CURL_SOCKET_BAD }
            return Unmanaged<CurlMulti>.fromOpaque(context)._withUnsafeGuaranteedRef { multi in
                multi.openSocket(family: address.pointee.family, type: address.pointee.socktype, protocol: address.pointee.protocol)
            }
        }
        switchyard_easy_set_close_callback(curl) { context, socket in
            guard let context else { return close(socket) }
            return Unmanaged<CurlMulti>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.closeSocket(socket) }
        }
    }

    private static func withTransfer<Result>(_ context: UnsafeMutableRawPointer?, _ work: (Transfer) -> Result) -> Result? {
        guard let context else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(context)._withUnsafeGuaranteedRef { handle in handle.transfer.map(work) }
    }
}
