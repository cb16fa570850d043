/// Sizes as people write them: `4194304`, `256MiB`, `1 GB`.
enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("b", 1),
    ]

    /// The size in bytes; nil if the text is none.
    static func parse(_ text: String) -> Int? {
        let lower = text.lowercased()
        guard let unit = units.first(where: { lower.hasSuffix($0.name) }) else { return Int(lower) }
        let digits = lower.dropLast(unit.name.count)
        let (bytes, overflows) = (Int(digits.last == " " ? digits.dropLast() : digits) ?? -1).multipliedReportingOverflow(by: unit.bytes)
        return bytes < 0 || overflows ? nil : bytes
    }
}
