/// Why a stream of server-sent events cannot be read on.
package enum SSEError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A line is longer than the limit, in bytes.
    case lineTooLong(limit: Int)
    /// The data lines of one event are together longer than the limit, in bytes.
    case eventTooLarge(limit: Int)

    package var description: String {
        switch self {
        case .lineTooLong(let limit):
            "a line of the event stream is longer than \(limit) bytes; check that base_url leads to a streaming API"
        case .eventTooLarge(let limit):
            "an event of the stream is larger than \(limit) bytes; check that base_url leads to a streaming API"
        }
    }
}
