import Envelope

/// Reads dates of HTTP header fields (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` or one of the two obsolete forms,
    /// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    ///
    /// - Returns: unix milliseconds, or `nil` if the text is no such date.
    static func milliseconds(parsing text: String) -> Int64? {
        let words = text.lowercased().split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        if words.count == 6, words[5] == "gmt" {
            return milliseconds(year: words[3], month: words[2], day: words[1], time: words[4])
        }
        guard words.count == 5 else { return nil }
        return milliseconds(year: words[4], month: words[1], day: words[2], time: words[3])
    }

    private static func milliseconds(year: String, month: String, day: String, time: String) -> Int64? {
        guard let month = months.firstIndex(of: month), let day = number(day), var year = number(year) else { return nil }
        if year < 70 { year += 2000 } else if year < 100 { year += 1900 }
        let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0)) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            hour < 24, minute < 60, second <= 60, let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        return Int64((date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
    }

    /// A number of one to four digits.
    private static func number(_ text: String) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
