/// A complete response. Its bytes are freed with the last copy of it.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// Whether it came over HTTP/2.
    package let isHTTP2: Bool
    package let timings: HTTPTimings
    let buffer: ResponseBuffer

    /// A response whose body was streamed and whose end did not come.
    package init(status: Int) {
        self.init(
            status: status, isHTTP2: false,
            timings: HTTPTimings(totalMilliseconds: 0, firstByteMilliseconds: 0, waitingMilliseconds: 0, connectionReused: false),
            buffer: ResponseBuffer())
    }

    init(status: Int, isHTTP2: Bool, timings: HTTPTimings, buffer: ResponseBuffer) {
        self.status = status
        self.isHTTP2 = isHTTP2
        self.timings = timings
        self.buffer = buffer
    }

    /// Calls `work` with the body, its content encoding undone, in the client's own memory; valid only during the call.
    package func withBody<Result, Failure: Error>(
        _ work: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(buffer) {} }
        return try work(buffer.body)
    }

    /// The body in the client's own memory; valid as long as a copy of the response is kept alive, for example by
    /// `withExtendedLifetime`. Empty if it was streamed.
    package var body: UnsafeRawBufferPointer { buffer.body }

    /// The value of the first header of that name, whose case does not matter; nil if there is none.
    package func header(_ name: String) -> String? {
        var name = name
        return withExtendedLifetime(buffer) {
            name.withUTF8 { HeaderLines.value(of: UnsafeRawBufferPointer($0), in: buffer.headers) }
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
