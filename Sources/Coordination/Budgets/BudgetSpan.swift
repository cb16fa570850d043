internal import Envelope

/// One day or month of UTC.
struct BudgetSpan: Hashable, Sendable {
    let period: BudgetPeriod
    /// As in `20261125` or `202611`.
    let name: String
    /// When it is over, in unix milliseconds.
    let end: Int64

    /// The one that a time is in.
    ///
    /// - Parameter time: unix milliseconds, since 1970.
    init(_ period: BudgetPeriod, at time: Int64) {
        self.period = period
        let day = Int(time / 86_400_000)
        let date = CivilDate(daysSince1970: day)
        let month = date.year * 100 + date.month
        let nextDay: Int
        switch period {
        case .day:
            name = "\(month * 100 + date.day)"
            nextDay = day + 1
        case .month:
            name = "\(month)"
            // The 28th and 4 days are in the next month, whose first day is then known.
            let later = CivilDate(daysSince1970: day - date.day + 32)
            nextDay = later.daysSince1970 - later.day + 1
        }
        end = Int64(nextDay) * 86_400_000
    }
}
