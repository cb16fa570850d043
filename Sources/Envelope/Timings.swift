/// Where a request's time went, in milliseconds.
package struct Timings: Hashable, Sendable {
    /// From the message's timestamp until a worker began on it.
    package var queued: Double

    /// Waiting for rate limits and for retries.
    package var limited: Double

    /// Within provider calls.
    package var provider: Double

    /// From the beginning in the worker to the response.
    package var total: Double

    package init(queued: Double = 0, limited: Double = 0, provider: Double = 0, total: Double = 0) {
        self.queued = queued
        self.limited = limited
        self.provider = provider
        self.total = total
    }
}

extension Timings {
    /// Appends the timings as a JSON object, to the microsecond.
    func write(into writer: inout ByteWriter) {
        writer.append("{\"queued\":")
        writer.append(queued, decimals: 3)
        writer.append(",\"limited\":")
        writer.append(limited, decimals: 3)
        writer.append(",\"provider\":")
        writer.append(provider, decimals: 3)
        writer.append(",\"total\":")
        writer.append(total, decimals: 3)
        writer.append("}")
    }
}
