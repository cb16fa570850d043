internal import Envelope

/// What the requests with one API key have come to.
package struct KeyStatistics: Hashable, Sendable {
    /// Requests, refused ones too.
    package internal(set) var requests = 0
    /// Complete answers.
    package internal(set) var ok = 0
    package internal(set) var inFlight = 0
    package internal(set) var peakInFlight = 0
    /// Nil if keys are not limited.
    package internal(set) var quota: QuotaStatistics?

    /// Appends them as a JSON object.
    func write(to writer: inout ByteWriter) {
        writer.append("{\"requests\":")
        writer.append(requests)
        writer.append(",\"ok\":")
        writer.append(ok)
        writer.append(",\"in_flight\":")
        writer.append(inFlight)
        writer.append(",\"peak_in_flight\":")
        writer.append(peakInFlight)
        if let quota {
            writer.append(",\"quota\":")
            quota.write(to: &writer)
        }
        writer.append("}")
    }
}

/// What the limits of one API key have let through.
package struct QuotaStatistics: Hashable, Sendable {
    /// The most within any time of so many seconds.
    package struct Window: Hashable, Sendable {
        package let seconds: Int
        package let requests: Int
        package let tokens: Int
    }

    package internal(set) var admitted = 0
    package internal(set) var admittedTokens = 0
    package internal(set) var refused = 0
    package internal(set) var most: [Window] = []
    /// When the first request was let through, and the last, in nanoseconds of the machine's monotonic clock; nil if none was.
    package internal(set) var times: ClosedRange<Int64>?

    mutating func add(tokens: Int, at time: Int64) {
        admitted += 1
        admittedTokens += tokens
        // Event loops look at the clock before they take their turns here.
        times = min(times?.lowerBound ?? time, time)...max(times?.upperBound ?? time, time)
    }

    /// Appends them as a JSON object, with times in seconds.
    func write(to writer: inout ByteWriter) {
        writer.append("{\"admitted\":")
        writer.append(admitted)
        writer.append(",\"admitted_tokens\":")
        writer.append(admittedTokens)
        writer.append(",\"refused\":")
        writer.append(refused)
        for window in most {
            for (unit, count) in [("requests", window.requests), ("tokens", window.tokens)] as [(StaticString, Int)] {
                writer.append(",\"most_")
                writer.append(unit)
                writer.append("_")
                writer.append(window.seconds)
                writer.append("s\":")
                writer.append(count)
            }
        }
        if let times {
            writer.append(",\"first_admission_s\":")
            writer.append(Double(times.lowerBound) / 1e9, decimals: 6)
            writer.append(",\"last_admission_s\":")
            writer.append(Double(times.upperBound) / 1e9, decimals: 6)
        }
        writer.append("}")
    }
}
