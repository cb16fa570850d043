/// Reads durations as Go writes them.
enum GoDuration {
    private static let units: [(name: String, milliseconds: Double)] = [
        ("ms", 1), ("us", 1e-3), ("µs", 1e-3), ("ns", 1e-6), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
    ]

    /// Reads `1s`, `6m0s`, `1.5s` or `12ms` (https://pkg.go.dev/time#ParseDuration), without a sign.
    ///
    /// - Returns: milliseconds, rounded up; nil if the text is no such duration.
    static func milliseconds(_ text: String) -> Int? {
        var rest = text[...]
        var sum = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits), number.isFinite else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
            rest = rest.dropFirst(unit.name.count)
            sum += number * unit.milliseconds
        }
        return sum < 1e12 ? Int(sum.rounded(.up)) : nil
    }
}
