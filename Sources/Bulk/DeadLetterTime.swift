internal import Envelope

/// Times as people give them on the command line.
package enum TimeArgument {
    /// Reads an RFC 3339 time, or how long ago it was: `90s`, `30m`, `2h`, `7d`.
    ///
    /// - Parameter now: unix milliseconds.
    /// - Returns: unix milliseconds; nil if the text is neither.
    package static func milliseconds(_ text: String, now: Int64) -> Int64? {
        let bytes = Array(text.utf8)
        if let time = bytes.withUnsafeBytes({ Timestamp.milliseconds(parsing: $0) }) { return time }
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), bytes.dropLast().allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let count = Int64(text.dropLast())
        else { return nil }
        let (span, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow || span > now ? nil : now - span
    }
}
