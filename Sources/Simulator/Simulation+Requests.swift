internal import Envelope
internal import Glibc
internal import NIOCore
internal import NIOHTTP1

extension Simulation {
    /// Answers a request by writing, or returns the exchange that will answer it in time.
    func receive(_ request: IncomingRequest, now: NIODeadline, to writer: inout ByteWriter) -> Exchange? {
        let (route, dialect) = Route.find(request.method, uri: request.uri)
        switch route {
        case .batches(let route): answer(route, request, dialect, now: now, to: &writer)
        case .models: writeModels(request, dialect, to: &writer)
        case .statistics:
            var body = ByteWriter()
            statistics.write(to: &body)
            write(body, request, dialect, to: &writer)
        case .wrongMethod: refuse(.invalidRequest, with: .wrongMethod(request.method, uri: request.uri), request, dialect, to: &writer)
        case .unknown: refuse(.invalidRequest, with: .unknown(request.method, uri: request.uri), request, dialect, to: &writer)
        case .model(let endpoint, let model, let isStreamed):
            return begin(request, dialect, endpoint, model, isStreamed, now: now, to: &writer)
        }
        return nil
    }

    private func begin(
        _ request: IncomingRequest, _ dialect: any Dialect, _ endpoint: Endpoint, _ model: String, _ isStreamed: Bool, now: NIODeadline,
        to writer: inout ByteWriter
    ) -> Exchange? {
        let key = request.key(dialect)
        if let (objection, failure) = objection(to: request, key: key, dialect) {
            refuse(failure, with: objection, request, dialect, to: &writer)
            return nil
        }
        let asked: ModelRequest
        do throws(APIError) {
            if request.isTooLarge { throw .tooLarge(limit: request.bodyLimit) }
            if let required = dialect.requiredHeader, request.header(required) == nil { throw .invalid("\(required): header is required") }
            asked = try request.read { bytes throws(APIError) in
                try ModelRequest(endpoint, dialect: dialect, model: model, isStreamed: isStreamed, body: bytes)
            }
        } catch {
            refuse(.invalidRequest, with: error, request, dialect, to: &writer)
            return nil
        }
        switch admit(asked, key: key, now: now) {
        case .throttled(let number, let reading):
            APIError.throttled(reading).writeAnswer(
                dialect, identifier: identifier(ofRefusal: number), reading: reading, time: time(nil), isKeepAlive: request.isKeepAlive,
                to: &writer)
            return nil
        case .admitted(let ordinal, let reading):
            return Exchange(
                asked, options, ordinal: ordinal, key: key, reading: reading, isKeepAlive: request.isKeepAlive, arrival: now)
        }
    }

    func refuse(
        _ failure: Failure, with error: APIError, _ request: IncomingRequest, _ dialect: any Dialect, to writer: inout ByteWriter
    ) {
        let number = refuse(failure, key: request.key(dialect))
        error.writeAnswer(
            dialect, identifier: identifier(ofRefusal: number), time: time(nil), isKeepAlive: request.isKeepAlive, to: &writer)
    }

    private func identifier(ofRefusal number: Int) -> UInt64 {
        var stream = RandomStream(seed: options.seed, fingerprint: UInt64(number))
        return stream.next()
    }

    private func writeModels(_ request: IncomingRequest, _ dialect: any Dialect, to writer: inout ByteWriter) {
        var body = ByteWriter()
        body.append(
            """
            {"object":"list","data":[{"id":"simulated","object":"model","created":1700000000,"owned_by":"switchyard"},\
            {"id":"simulated-embedding","object":"model","created":1700000000,"owned_by":"switchyard"}]}
            """)
        write(body, request, dialect, to: &writer)
    }

    func write(
        _ body: borrowing ByteWriter, _ request: IncomingRequest, _ dialect: any Dialect, contentType: StaticString = "application/json",
        to writer: inout ByteWriter
    ) {
        var head = ResponseHead(dialect, framing: .length(body.count), isKeepAlive: request.isKeepAlive)
        head.contentType = contentType
        head.time = time(nil)
        head.write(to: &writer)
        writer.append(body.bytes)
    }
}

extension IncomingRequest {
    /// Reads the body, which is valid within the closure.
    func read<Value>(_ reading: (UnsafeRawBufferPointer) throws(APIError) -> Value) throws(APIError) -> Value {
        try body.withUnsafeReadableBytes { (bytes) -> Result<Value, APIError> in
            Result { () throws(APIError) in try reading(bytes) }
        }.get()
    }

    /// The body as a tree.
    func tree() throws(APIError) -> JSONTree {
        try read { bytes throws(APIError) in
            do throws(JSONError) {
                return try JSONTree(bytes)
            } catch {
                throw .unreadable(error)
            }
        }
    }
}
