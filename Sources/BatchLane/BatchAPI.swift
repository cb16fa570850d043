internal import Envelope
internal import EventLoop
internal import HTTP
internal import Providers
internal import Routing

/// Calls a provider's batch API. Confined to its client's loop.
final class BatchAPI {
    private let client: HTTPClient
    private let timeouts: HTTPTimeouts

    /// Why a call has failed.
    struct Failure: Error {
        let error: ProviderError
        /// Whether the provider may have done what it was asked to.
        let mayHaveRun: Bool
        /// Whether we have broken it off ourselves, because it came faster than it could be dealt with.
        var isBackPressure = false
    }

    static let closed = Failure(error: ProviderError(code: .shutdown, message: "the worker stops"), mayHaveRun: false)

    /// Reads a 2xx answer.
    ///
    /// - Throws: a failure that leaves open what has happened, if it is not as expected.
    static func read<Value>(
        _ answer: HTTPResponse, _ read: (UnsafeRawBufferPointer) throws(ProviderError) -> Value
    ) throws(Failure) -> Value {
        do {
            return try answer.withBody(read)
        } catch {
            throw Failure(error: error, mayHaveRun: true)
        }
    }

    /// A batch of many megabytes, or its results, may take its time.
    private static let longest = Duration.seconds(3_600)

    init(client: HTTPClient, timeouts: HTTPTimeouts) {
        self.client = client
        var timeouts = timeouts
        timeouts.total = max(timeouts.total, Self.longest)
        timeouts.firstByte = max(timeouts.firstByte, .seconds(600))
        self.timeouts = timeouts
    }

    /// - Parameters:
    ///   - body: what is sent; nil for the call's own.
    ///   - contentType: nil for JSON.
    /// - Returns: the answer, its status being 2xx.
    func send(
        _ call: BatchCall, _ body: UnsafeRawBufferPointer? = nil, contentType: String? = nil, to endpoint: ProviderEndpoint, key: Int,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(Failure) -> HTTPResponse {
        var own = ByteWriter(capacity: 256)
        own.append(text: call.body)
        let request = try request(call, body ?? own.bytes, contentType, endpoint, key)
        let response: HTTPResponse
        do {
            response = try await client.execute(request)
        } catch {
            throw Self.failure(error)
        }
        withExtendedLifetime(own) {}
        guard (200..<300).contains(response.status) else { throw Self.failure(response, endpoint) }
        return response
    }

    /// Hands on the body of a 2xx answer as it comes.
    func stream(
        _ call: BatchCall, from endpoint: ProviderEndpoint, key: Int, isolation: isolated (any Actor)? = #isolation,
        onBody: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws(Failure) {
        let request = try request(call, UnsafeRawBufferPointer(start: nil, count: 0), nil, endpoint, key)
        let response: HTTPResponse
        do {
            response = try await client.stream(request, onBody: onBody)
        } catch {
            throw Self.failure(error)
        }
        guard (200..<300).contains(response.status) else { throw Self.failure(response, endpoint) }
    }

    private func request(
        _ call: BatchCall, _ body: UnsafeRawBufferPointer, _ contentType: String?, _ endpoint: ProviderEndpoint, _ key: Int
    ) throws(Failure) -> HTTPRequest {
        do {
            var headers = endpoint.headers(of: key)
            if let contentType { headers = try headers.replacing("content-type", contentType) }
            return HTTPRequest(
                call.method == .get ? .get : .post, target: try endpoint.target(call.path), headers: headers, body: body,
                timeouts: timeouts)
        } catch {
            let problem = ProviderError(code: .providerInvalidRequest, message: error.description)
            throw Failure(error: problem, mayHaveRun: false)
        }
    }

    private static func failure(_ response: HTTPResponse, _ endpoint: ProviderEndpoint) -> Failure {
        let error = response.withBody {
            endpoint.format.classify(status: response.status, header: { response.header($0) }, body: $0, now: WallClock.milliseconds)
        }
        return Failure(error: error.hiding(endpoint.secrets), mayHaveRun: response.status >= 500)
    }

    private static func failure(_ error: HTTPError) -> Failure {
        Failure(
            error: ProviderError(code: .connection, message: error.description), mayHaveRun: error.mayHaveBeenSent,
            isBackPressure: error.consumerError as? LineReader.Stop == .tooFast)
    }
}
