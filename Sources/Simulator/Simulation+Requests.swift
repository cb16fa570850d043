internal import Envelope
internal import NIOCore
internal import NIOHTTP1

extension Simulation {
    /// Answers a request by writing, or returns the exchange that will answer it in time.
    func receive(_ request: IncomingRequest, now: NIODeadline, to writer: inout ByteWriter) -> Exchange? {
        switch request.route {
        case .models: writeModels(request, to: &writer)
        case .statistics:
            var body = ByteWriter()
            statistics.write(to: &body)
            write(body, request, to: &writer)
        case .wrongMethod: refuse(.invalidRequest, with: .wrongMethod(request.method, uri: request.uri), request, to: &writer)
        case .unknown: refuse(.invalidRequest, with: .unknown(request.method, uri: request.uri), request, to: &writer)
        case .model(let endpoint): return begin(endpoint, request, now: now, to: &writer)
        }
        return nil
    }

    private func begin(_ endpoint: Endpoint, _ request: IncomingRequest, now: NIODeadline, to writer: inout ByteWriter) -> Exchange? {
        if let objection = objection(to: request.credentials) {
            refuse(.unauthorized, with: objection, request, to: &writer)
            return nil
        }
        let asked: ModelRequest
        do throws(APIError) {
            if request.isTooLarge { throw .tooLarge(limit: IncomingRequest.bodyLimit) }
            asked = try request.modelRequest(endpoint)
        } catch {
            refuse(.invalidRequest, with: error, request, to: &writer)
            return nil
        }
        let key = request.key
        switch admit(asked, key: key, now: now) {
        case .throttled(let number, let reading):
            APIError.throttled(reading).writeAnswer(
                identifier: identifier(ofRefusal: number), reading: reading, isKeepAlive: request.isKeepAlive, to: &writer)
            return nil
        case .admitted(let ordinal, let reading):
            let plan = SimulationPlan(
                options, fingerprint: asked.fingerprint, ordinal: ordinal,
                outputLimit: endpoint == .embedding ? 0 : asked.outputLimit, requestedLatency: asked.requestedLatency)
            return Exchange(asked, plan, key: key, reading: reading, isKeepAlive: request.isKeepAlive, arrival: now)
        }
    }

    private func refuse(_ failure: Failure, with error: APIError, _ request: IncomingRequest, to writer: inout ByteWriter) {
        let number = refuse(failure, key: request.key)
        error.writeAnswer(identifier: identifier(ofRefusal: number), isKeepAlive: request.isKeepAlive, to: &writer)
    }

    private func identifier(ofRefusal number: Int) -> UInt64 {
        var stream = RandomStream(seed: options.seed, fingerprint: UInt64(number))
        return stream.next()
    }

    private func writeModels(_ request: IncomingRequest, to writer: inout ByteWriter) {
        var body = ByteWriter()
        body.append(
            """
            {"object":"list","data":[{"id":"simulated","object":"model","created":1700000000,"owned_by":"switchyard"},\
            {"id":"simulated-embedding","object":"model","created":1700000000,"owned_by":"switchyard"}]}
            """)
        write(body, request, to: &writer)
    }

    private func write(_ body: borrowing ByteWriter, _ request: IncomingRequest, to writer: inout ByteWriter) {
        ResponseHead(framing: .length(body.count), isKeepAlive: request.isKeepAlive).write(to: &writer)
        writer.append(body.bytes)
    }
}

extension IncomingRequest {
    fileprivate func modelRequest(_ endpoint: Endpoint) throws(APIError) -> ModelRequest {
        try body.withUnsafeReadableBytes { (bytes) -> Result<ModelRequest, APIError> in
            Result { () throws(APIError) in try ModelRequest(endpoint, body: bytes) }
        }.get()
    }
}
