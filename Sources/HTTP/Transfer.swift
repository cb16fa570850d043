internal import CCurl
internal import EventLoop

/// One request on its way, from the call until its response. Objects are used again for later requests.
///
/// `@unchecked Sendable` because it crosses into the handler of the task's cancellation, which touches it on the loop only.
final class Transfer: @unchecked Sendable {
    enum Phase {
        case waiting
        case connecting
        case exchanging
        case receiving
        case done
    }

    /// Its number among the client's transfers.
    let slot: Int
    // The client owns its transfers and ends them before it goes.
    private unowned(unsafe) let client: HTTPClient

    private(set) var phase = Phase.done
    /// Counts the requests it has served, so that a late cancellation does not meet the wrong one.
    private(set) var use: UInt64 = 0
    private(set) var request: HTTPRequest?
    private(set) var outcome: Result<HTTPResponse, HTTPError>?
    private(set) var timeouts = HTTPTimeouts()
    private(set) var totalDeadline = MonotonicTime(nanoseconds: 0)
    private(set) var wasConnected = false
    var handle: EasyHandle?
    var continuation: UnsafeContinuation<Void, Never>?
    private var onBody: ((UnsafeRawBufferPointer) throws -> Void)?
    private static let noBuffer = ResponseBuffer()
    private var buffer = Transfer.noBuffer
    private var maxBodyBytes = 0
    private var bodyBytes = 0
    private var headersEnded = false
    private var streamsBody = false
    private var failure: HTTPError?
    private var submitted = MonotonicTime(nanoseconds: 0)
    private var started = MonotonicTime(nanoseconds: 0)
    private var firstByte = MonotonicTime(nanoseconds: 0)

    init(slot: Int, client: HTTPClient) {
        self.slot = slot
        self.client = client
    }

    var host: String { request?.target.host ?? "" }
    var mayHaveBeenSent: Bool { wasConnected }

    /// Begins with a new request.
    func prepare(
        _ request: HTTPRequest, configuration: borrowing HTTPClientConfiguration, onBody: ((UnsafeRawBufferPointer) throws -> Void)?
    ) {
        use &+= 1
        phase = .waiting
        outcome = nil
        timeouts = request.timeouts ?? configuration.timeouts
        maxBodyBytes = min(request.maxResponseBytes ?? .max, configuration.maxResponseBytes)
        self.request = request
        self.onBody = onBody
        buffer = ResponseBuffer()
        bodyBytes = 0
        headersEnded = false
        streamsBody = false
        wasConnected = false
        failure = nil
        submitted = .now
        started = submitted
        firstByte = MonotonicTime(nanoseconds: 0)
        totalDeadline = submitted + timeouts.total
    }

    /// libcurl gets the request now. Returns until when the connection has to stand.
    func start(with handle: EasyHandle, waited: Bool) -> MonotonicTime {
        self.handle = handle
        phase = .connecting
        if waited { started = .now }
        return min(totalDeadline, started + timeouts.connect)
    }

    /// Ends the request and lets its task go on.
    func finish(_ outcome: Result<HTTPResponse, HTTPError>) {
        phase = .done
        self.outcome = outcome
        request = nil
        onBody = nil
        let continuation = self.continuation
        self.continuation = nil
        continuation?.resume()
    }

    /// What the task gets. Taken once.
    func takeOutcome() -> Result<HTTPResponse, HTTPError> {
        defer {
            outcome = nil
            // The response is the task's; an idle transfer keeps none.
            buffer = Self.noBuffer
        }
        return outcome ?? .failure(HTTPError(.cancelled, host: host, mayHaveBeenSent: mayHaveBeenSent))
    }

    /// The outcome of what libcurl has done.
    func outcome(of result: CURLcode, _ handle: EasyHandle) -> Result<HTTPResponse, HTTPError> {
        guard result == CURLE_OK else {
            return .failure(failure ?? HTTPError(result, detail: handle.failure, host: host, isConnected: wasConnected))
        }
        let now = MonotonicTime.now
        let timings = HTTPTimings(
            totalMilliseconds: now.milliseconds(since: submitted), firstByteMilliseconds: firstByte.milliseconds(since: submitted),
            waitingMilliseconds: started.milliseconds(since: submitted), connectionReused: handle.connectionsMade == 0)
        return .success(HTTPResponse(status: handle.status, isHTTP2: handle.isHTTP2, timings: timings, buffer: buffer))
    }

    /// Which limit has run out, given that one has.
    func expiredPhase(at now: MonotonicTime) -> HTTPPhase {
        guard now < totalDeadline else { return .total }
        return switch phase {
        case .connecting: .connect
        case .exchanging: .firstByte
        case .receiving: .idle
        case .waiting, .done: .total
        }
    }

    /// The task was cancelled. It may have gone on already, and the transfer serve another.
    func cancel(use: UInt64) {
        // As long as a transfer is not done, its task keeps the client alive.
        guard self.use == use, phase != .done else { return }
        client.end(self, .cancelled)
    }

    // MARK: What libcurl tells

    func connected() {
        // libcurl repeats a request by itself if a connection that it used again turns out dead.
        guard phase == .connecting else { return }
        phase = .exchanging
        wasConnected = true
        client.connected(self)
    }

    /// - Returns: false to break the transfer off.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        if phase != .receiving {
            phase = .receiving
            firstByte = .now
            client.receivedFirstByte(self, at: firstByte, isStream: onBody != nil)
        }
        if headersEnded {
            // Trailers have nothing that anyone here needs; another status line is the response after an interim one.
            guard line.starts(with: "HTTP/".utf8) else { return true }
            headersEnded = false
            buffer.removeAll()
        }
        if line.count <= 2, line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            headersEnded = true
            return beginBody()
        }
        return buffer.appendHeader(line) || fail(.unusable)
    }

    private func beginBody() -> Bool {
        guard let handle else { return false }
        let status = handle.status
        guard status >= 200 else { return true }
        streamsBody = onBody != nil && status < 300
        guard let length = handle.announcedLength else { return true }
        guard length <= maxBodyBytes else { return fail(.responseTooLarge(limit: maxBodyBytes)) }
        if !streamsBody { buffer.reserveBody(length) }
        return true
    }

    /// - Returns: false to break the transfer off.
    func receiveBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        bodyBytes += piece.count
        guard bodyBytes <= maxBodyBytes else { return fail(.responseTooLarge(limit: maxBodyBytes)) }
        guard streamsBody, let onBody else { return buffer.appendBody(piece) || fail(.unusable) }
        client.receivedPiece(self)
        do {
            try onBody(piece)
            return true
        } catch {
            failure = HTTPError(.consumerFailed, host: host, mayHaveBeenSent: true, consumerError: error)
            return false
        }
    }

    private func fail(_ kind: HTTPError.Kind) -> Bool {
        failure = HTTPError(kind, host: host, mayHaveBeenSent: true)
        return false
    }
}
