internal import CCurl
package import EventLoop

/// An HTTP client of one event loop: it keeps connections open and uses them again, multiplexes HTTP/2, limits connections, and
/// never blocks. Redirects are responses like any other.
///
/// Confined to its loop: made, used, closed and released on the loop's thread, by actors that live on the loop.
package final class HTTPClient {
    private let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    private var multi: CurlMulti?
    private var admission: Admission
    private var deadlines = DeadlineTable()
    private var sweepTimer: LoopTimer?
    /// By slot.
    private var transfers: [Transfer] = []
    private var freeSlots: [Int] = []
    private var handles: HandlePool
    /// Origins that have opened while libcurl was at work.
    private var opened: [Int] = []

    /// Must be called on the loop's thread.
    package init(_ configuration: HTTPClientConfiguration, loop: EventLoop) {
        loop.checkIsolated()
        self.loop = loop
        self.configuration = configuration
        admission = Admission(maxConnectionsPerHost: configuration.maxConnectionsPerHost, maxConnections: configuration.maxConnections)
        let multi = CurlMulti(loop: loop, configuration: configuration)
        self.multi = multi
        handles = HandlePool { [unowned multi] number in
            EasyHandle(number: number, configuration, share: multi.share, socketContext: multi.socketContext)
        }
        // The client outlives its multi handle's work: `close` ends that.
        multi.onDone = { [unowned(unsafe) self] in done($0, $1) }
        multi.onActed = { [unowned(unsafe) self] in startOpened() }
        sweepTimer = loop.makeTimer { [unowned self] in sweep() }
    }

    deinit {
        close()
    }

    /// Requests that have been called for and have no outcome yet.
    package var inFlight: Int { transfers.count - freeSlots.count }

    /// Those of them that wait for a connection to come free.
    package var waiting: Int { admission.waiting }

    /// Sends a request and returns the whole response, whatever its status.
    ///
    /// - Throws: `HTTPError`; of kind `cancelled` once the task is cancelled, by when the request is gone from the connection.
    package func execute(_ request: HTTPRequest, isolation: isolated (any Actor)? = #isolation) async throws(HTTPError) -> HTTPResponse {
        try await run(request, onBody: nil)
    }

    /// Sends a request and hands the body of a successful response on as it comes, content encoding undone.
    ///
    /// - Parameter onBody: called on the loop with each piece, which is valid only during the call. If it throws, the transfer is
    ///   broken off. It is called for statuses 200 to 299 only.
    /// - Returns: the response; with an empty body if it went to `onBody`, otherwise, as for an error, with the whole.
    /// - Throws: `HTTPError`; of kind `consumerFailed` if `onBody` threw.
    package func stream(
        _ request: HTTPRequest, isolation: isolated (any Actor)? = #isolation, onBody: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws(HTTPError) -> HTTPResponse {
        try await run(request, onBody: onBody)
    }

    /// Ends all requests as cancelled and closes all connections. Later requests are refused as cancelled.
    package func close() {
        guard let multi else { return }
        for transfer in transfers where transfer.phase != .done { end(transfer, .cancelled) }
        self.multi = nil
        sweepTimer = nil
        handles.removeAll()
        multi.close()
    }

    private func run(
        _ request: HTTPRequest, isolation: isolated (any Actor)? = #isolation, onBody: ((UnsafeRawBufferPointer) throws -> Void)?
    ) async throws(HTTPError) -> HTTPResponse {
        loop.checkIsolated()
        guard multi != nil, !Task.isCancelled else {
            throw HTTPError(.cancelled, host: request.target.host, mayHaveBeenSent: false)
        }
        let transfer = takeTransfer()
        transfer.prepare(request, configuration: configuration, onBody: onBody)
        let use = transfer.use
        await withTaskCancellationHandler {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            await withUnsafeContinuation { continuation in
                transfer.continuation = continuation
                submit(transfer, request)
            }
        } onCancel: { [loop] in
            loop.execute { transfer.cancel(use: use) }
        }
        let outcome = transfer.takeOutcome()
        freeSlots.append(transfer.slot)
        return try outcome.get()
    }
}

// MARK: The way of a transfer

extension HTTPClient {
    private func takeTransfer() -> Transfer {
        if let slot = freeSlots.popLast() { return transfers[slot] }
        let transfer = Transfer(slot: transfers.count, client: self)
        transfers.append(transfer)
        return transfer
    }

    /// Whether the server is asked in the TLS handshake. A link-local address has no room for lanes.
    private func offersHTTP2(_ target: HTTPTarget) -> Bool {
        configuration.http2 && target.isTLS && !target.isLinkLocal
    }

    private func submit(_ transfer: Transfer, _ request: HTTPRequest) {
        if admission.submit(transfer.slot, origin: request.target.origin, offersHTTP2: offersHTTP2(request.target)) {
            start(transfer, waited: false)
        } else {
            setDeadline(transfer, transfer.totalDeadline)
        }
    }

    private func start(_ transfer: Transfer, waited: Bool) {
        guard let multi, let request = transfer.request else { return }
        guard let handle = handles.take(for: request.target.origin) else {
            admission.finished(transfer.slot, wasConnected: false)
            transfer.finish(.failure(HTTPError(.unusable, host: transfer.host, mayHaveBeenSent: false)))
            return
        }
        let connections: EasyHandle.Connections =
            request.target.isLinkLocal ? .all : offersHTTP2(request.target) ? .lane(admission.lane(of: transfer.slot)) : .group
        handle.prepare(request, for: transfer, over: connections)
        setDeadline(transfer, transfer.start(with: handle, waited: waited))
        if !multi.add(handle) { end(transfer, .unusable) }
    }

    /// libcurl is done with the handle.
    private func done(_ handle: EasyHandle, _ result: CURLcode) {
        guard let transfer = handle.transfer, let origin = transfer.request?.target.origin else { return }
        let outcome = transfer.outcome(of: result, handle)
        if case .success(let response) = outcome { admission.setMultiplexed(origin, response.isHTTP2) }
        settle(transfer, handle, outcome)
    }

    /// The handle has left libcurl: it goes back to the others, the transfer ends, and those behind it start.
    private func settle(_ transfer: Transfer, _ handle: EasyHandle, _ outcome: Result<HTTPResponse, HTTPError>) {
        guard let origin = transfer.request?.target.origin else { return }
        handle.release()
        transfer.handle = nil
        handles.give(handle, back: origin)
        clearDeadline(transfer)
        admission.finished(transfer.slot, wasConnected: transfer.wasConnected)
        if case .failure(let error) = outcome, !transfer.wasConnected, error.kind != .cancelled {
            for slot in admission.connectFailed(transfer.slot) {
                clearDeadline(transfers[slot])
                transfers[slot].finish(.failure(error))
            }
        }
        transfer.finish(outcome)
        startWaiting(origin)
    }

    private func startWaiting(_ origin: Int) {
        while let slot = admission.next(after: origin) { start(transfers[slot], waited: true) }
    }

    private func startOpened() {
        while let origin = opened.popLast() { startWaiting(origin) }
    }

    /// Gives a transfer up, wherever it is.
    func end(_ transfer: Transfer, _ kind: HTTPError.Kind) {
        let error = HTTPError(kind, host: transfer.host, mayHaveBeenSent: transfer.mayHaveBeenSent)
        guard let handle = transfer.handle else {
            admission.withdraw(transfer.slot)
            clearDeadline(transfer)
            transfer.finish(.failure(error))
            return
        }
        multi?.remove(handle)
        settle(transfer, handle, .failure(error))
    }

    // MARK: Time

    func connected(_ transfer: Transfer) {
        guard let origin = transfer.request?.target.origin else { return }
        if admission.connected(transfer.slot) { opened.append(origin) }
        setDeadline(transfer, min(transfer.totalDeadline, .now + transfer.timeouts.firstByte))
    }

    func receivedFirstByte(_ transfer: Transfer, at time: MonotonicTime, isStream: Bool) {
        setDeadline(transfer, isStream ? min(transfer.totalDeadline, time + transfer.timeouts.idle) : transfer.totalDeadline)
    }

    func receivedPiece(_ transfer: Transfer) {
        setDeadline(transfer, min(transfer.totalDeadline, .now + transfer.timeouts.idle))
    }

    private func clearDeadline(_ transfer: Transfer) {
        _ = deadlines.set(transfer.slot, to: nil)
    }

    private func setDeadline(_ transfer: Transfer, _ deadline: MonotonicTime) {
        if deadlines.set(transfer.slot, to: deadline) { armSweep() }
    }

    private func armSweep() {
        guard let next = deadlines.nextSweep else { return }
        sweepTimer?.arm(at: max(next, .now + .milliseconds(20)))
    }

    private func sweep() {
        let now = MonotonicTime.now
        for slot in deadlines.sweep(at: now) { end(transfers[slot], .timeout(transfers[slot].expiredPhase(at: now))) }
        armSweep()
    }
}
