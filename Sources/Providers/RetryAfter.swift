/// Reads how long a provider wants to be left alone.
enum RetryAfter {
    /// A week, in milliseconds: longer waits are not believed.
    static let limit = 7 * 86_400_000.0

    /// The wait in milliseconds from `retry-after-ms` (milliseconds) or `retry-after` (seconds or an HTTP date).
    ///
    /// - Parameters:
    ///   - header: returns the value of the header field of that name.
    ///   - now: unix milliseconds.
    static func milliseconds(header: (String) -> String?, now: Int64) -> Int? {
        if let milliseconds = header("retry-after-ms").flatMap(number) { return Int(min(milliseconds, limit)) }
        guard let value = header("retry-after") else { return nil }
        if let milliseconds = milliseconds(seconds: value) { return milliseconds }
        guard let date = HTTPDate.milliseconds(parsing: value) else { return nil }
        return Int(min(Double(max(date - now, 0)), limit))
    }

    /// A wait in milliseconds, rounded down, that is given in seconds; nil if the text is no such number.
    static func milliseconds(seconds: String) -> Int? {
        number(seconds).map { Int(min($0 * 1000, limit)) }
    }

    private static func number(_ text: String) -> Double? {
        guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
        return number
    }
}
