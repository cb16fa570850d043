/// The part of a request that a time limit covers.
package enum HTTPPhase: String, Sendable {
    /// From leaving the queue until the connection, with TLS and proxy, stands.
    case connect
    /// From the standing connection until the first byte of the response.
    case firstByte = "first byte"
    /// From the call until the whole response, waiting for a free connection included.
    case total
    /// Between two pieces of a streamed body.
    case idle
}
