internal import Envelope

/// What is used of a tenant's budgets in one day or month, and who has told of it: what ``BudgetStore`` keeps in Redis, and does there with
/// scripts.
///
/// Each holder, an event loop, reports the sum of what it has charged, so that a report may come twice, and what Redis has lost comes back
/// with the next report.
struct BudgetTally {
    struct Report: Equatable {
        /// What the holder has charged in all.
        var used: BudgetAmount
        /// What it knows to have been charged by holders that have stopped.
        var retired: BudgetAmount
        var lines: [BudgetLine]
        /// Lines that it knows to have been told of.
        var claimed: Set<BudgetLine>
    }

    struct Answer: Equatable {
        var total: BudgetAmount
        var retired: BudgetAmount
        /// Who is to tell, or has told, of each of the report's lines; nil where it is not reached.
        var tellers: [String?]
    }

    /// What holders have charged, those included that have stopped.
    private(set) var total = BudgetAmount()
    private(set) var retired = BudgetAmount()
    private(set) var holders: [String: BudgetAmount] = [:]
    private var tellers: [BudgetLine: String] = [:]

    /// - Parameter retires: whether the holder reports for the last time. That is to be sent only once.
    mutating func report(_ report: Report, by holder: String, retires: Bool = false) -> Answer {
        let known = BudgetAmount.larger(retired, report.retired)
        let before = holders[holder] ?? BudgetAmount()
        let used = BudgetAmount.larger(before, report.used)
        total = total + (known - retired) + (used - before)
        retired = retires ? known + used : known
        holders[holder] = retires ? nil : used
        for line in report.lines where tellers[line] == nil {
            if report.claimed.contains(line) {
                tellers[line] = Self.somebody
            } else if total[line.unit] >= line.amount {
                tellers[line] = holder
            }
        }
        return Answer(total: total, retired: retired, tellers: report.lines.map { tellers[$0] })
    }

    /// Tells of a line that was told of before Redis forgot by whom.
    static let somebody = "-"
}
