import EventLoop
import HTTP
import TestSupport

/// What a test sees of a response.
struct Answer: Sendable {
    let response: HTTPResponse
    let text: String

    init(_ response: HTTPResponse) {
        self.response = response
        text = response.withBody { String(decoding: $0, as: UTF8.self) }
    }

    var status: Int { response.status }
    var isReused: Bool { response.timings.connectionReused }
}

/// An actor on a loop that owns a client, as the worker's actors do.
actor ClientHolder {
    private let loop: EventLoop
    private var client: HTTPClient?
    private(set) var streamed: [String] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    func open(_ configuration: HTTPClientConfiguration) {
        client = HTTPClient(configuration, loop: loop)
    }

    /// The client is released on its loop, and only once no request uses it.
    func close() async throws {
        client?.close()
        try await Condition.wait(for: "the requests to end") { inFlight == 0 }
        client = nil
    }

    /// Closes the client under its requests.
    func closeClient() {
        client?.close()
    }

    var inFlight: Int { client?.inFlight ?? 0 }
    var waiting: Int { client?.waiting ?? 0 }

    func send(
        _ url: String, _ method: HTTPMethod = .post, body: [UInt8] = Array("hello".utf8), headers: [(name: String, value: String)] = [],
        extra: (name: String, value: String)? = nil, timeouts: HTTPTimeouts? = nil, maxResponseBytes: Int? = nil
    ) async throws -> Answer {
        guard let client else { throw SupportError("the client is closed") }
        var list = try HTTPHeaderList(headers)
        if let extra { list = try list.adding(extra.name, extra.value) }
        let target = try HTTPTarget(url)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: body.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: body)
        let request = HTTPRequest(
            method, target: target, headers: list, body: UnsafeRawBufferPointer(bytes), timeouts: timeouts,
            maxResponseBytes: maxResponseBytes)
        let response = try await client.execute(request)
        guard loop.isCurrent else { throw SupportError("the response came on another thread") }
        return Answer(response)
    }

    func stream(
        _ url: String, timeouts: HTTPTimeouts? = nil, onPiece: @escaping (String) throws -> Void = { _ in }
    ) async throws -> Answer {
        guard let client else { throw SupportError("the client is closed") }
        streamed = []
        let request = HTTPRequest(.get, target: try HTTPTarget(url), headers: try HTTPHeaderList(), timeouts: timeouts)
        let response = try await client.stream(request) { piece in
            self.noteFromLoop(String(decoding: piece, as: UTF8.self))
            try onPiece(String(decoding: piece, as: UTF8.self))
        }
        return Answer(response)
    }

    /// Sends the same request many times at once, and returns how many answers had the status and text.
    func sendMany(_ count: Int, _ url: String, status: Int, text: String) async throws -> (good: Int, reused: Int, http2: Int) {
        let target = try HTTPTarget(url)
        let headers = try HTTPHeaderList([("Content-Type", "application/json")])
        return await withTaskGroup(of: Answer?.self) { group in
            for _ in 0..<count {
                group.addTask { await self.answer(target, headers) }
            }
            var counts = (good: 0, reused: 0, http2: 0)
            for await answer in group {
                guard let answer, answer.status == status, answer.text == text else { continue }
                counts.good += 1
                if answer.isReused { counts.reused += 1 }
                if answer.response.isHTTP2 { counts.http2 += 1 }
            }
            return counts
        }
    }

    private func answer(_ target: HTTPTarget, _ headers: HTTPHeaderList) async -> Answer? {
        (try? await client?.execute(HTTPRequest(.post, target: target, headers: headers))).map { Answer($0) }
    }

    private nonisolated func noteFromLoop(_ text: String) {
        assumeIsolated { $0.streamed.append(text) }
    }
}

/// Runs a test with a client of its own on a loop of its own.
func withClient(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), _ body: (ClientHolder) async throws -> Void
) async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutDown() }
    let holder = ClientHolder(loop)
    await holder.open(configuration)
    do {
        try await body(holder)
    } catch {
        try await holder.close()
        throw error
    }
    try await holder.close()
}

/// The error that `body` throws, which must be an `HTTPError`.
func httpError(_ body: () async throws -> Answer) async throws -> HTTPError {
    do {
        let answer = try await body()
        throw SupportError("no error but status \(answer.status): \(answer.text)")
    } catch let error as HTTPError {
        return error
    }
}
