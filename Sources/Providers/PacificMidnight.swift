import Envelope

/// Midnight in California, when Gemini's daily quotas begin anew.
/// https://ai.google.dev/gemini-api/docs/rate-limits
enum PacificMidnight {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    /// Milliseconds until the next one.
    ///
    /// - Parameter now: unix milliseconds.
    static func milliseconds(after now: Int64) -> Int {
        let now = min(max(now, Timestamp.earliest), Timestamp.latest)
        let today = floorDivision(now - offset(at: now), day)
        let standard = (today + 1) * day + 8 * hour
        // Clocks are changed at two in the morning, never at midnight.
        return Int(standard - 8 * hour + offset(at: standard) - now)
    }

    /// How far Pacific time is behind UTC: eight hours, or seven from the second Sunday of March, 10:00 UTC, to the first Sunday of November,
    /// 9:00 UTC (15 U.S.C. 260a).
    private static func offset(at time: Int64) -> Int64 {
        let year = CivilDate(daysSince1970: Int(floorDivision(time, day))).year
        guard let march = sunday(after: CivilDate(year: year, month: 3, day: 8)),
            let november = sunday(after: CivilDate(year: year, month: 11, day: 1))
        else { return 8 * hour }
        return time >= march * day + 10 * hour && time < november * day + 9 * hour ? 7 * hour : 8 * hour
    }

    /// The first Sunday on a day or after it, in days after 1970-01-01, which was a Thursday.
    private static func sunday(after date: CivilDate?) -> Int64? {
        guard let days = date?.daysSince1970 else { return nil }
        return Int64(days) + (10 - Int64(days) % 7) % 7
    }

    private static func floorDivision(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : (number - divisor + 1) / divisor
    }
}
