/// One request, ready to be sent.
package struct HTTPRequest {
    package var method: HTTPMethod
    package var target: HTTPTarget
    package var headers: HTTPHeaderList
    /// Sent as it lies in memory: the caller keeps it alive and unchanged until the call that sends it has returned or thrown.
    package var body: UnsafeRawBufferPointer
    /// The time limits; nil for the client's.
    package var timeouts: HTTPTimeouts?
    /// The largest response body in bytes, if it is to be less than the client's limit.
    package var maxResponseBytes: Int?

    package init(
        _ method: HTTPMethod, target: HTTPTarget, headers: HTTPHeaderList,
        body: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), timeouts: HTTPTimeouts? = nil,
        maxResponseBytes: Int? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maxResponseBytes = maxResponseBytes
    }
}
