internal import Envelope
internal import Providers

/// What becomes of answers that report an error, and of rate limits in header fields: a line with the status, lines with header fields,
/// an empty line, the body.
enum ErrorHarness {
    /// Unix milliseconds.
    private static let now: Int64 = 1_780_000_000_000

    static func run(_ format: any WireFormat, _ input: UnsafeRawBufferPointer) {
        var rest = input
        var status = 500
        var fields: [String: String] = [:]
        var isFirst = true
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            guard !line.isEmpty else { break }
            if isFirst {
                status = Int(line).map { min(max($0, 0), 999) } ?? status
                isFirst = false
            } else if let colon = line.firstIndex(of: ":") {
                fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
            }
        }
        requireSound(format.classify(status: status, header: { fields[$0] }, body: rest, now: now))
        let readings = format.rateLimits(header: { fields[$0] }, now: now)
        require(readings.count <= 16, "\(readings.count) rate limits are read")
        for reading in readings {
            if let reset = reading.resetMilliseconds { require(reset >= 0, "a limit is whole again in \(reset) ms") }
            if let limit = reading.limit { require(limit >= 0, "a limit is \(limit)") }
            if let remaining = reading.remaining { require(remaining >= 0, "\(remaining) remain of a limit") }
        }
    }
}
