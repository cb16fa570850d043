internal import Envelope

/// What one loop knows of a tenant's budgets: what it has charged itself, of that what Redis has, and the totals that Redis has told. A
/// value without I/O.
struct BudgetAccount {
    private struct Entry {
        let span: BudgetSpan
        let lines: [BudgetLine]
        /// What this loop has charged.
        var used = BudgetAmount()
        /// What Redis last had of that, and the total with it.
        var reported = BudgetAmount()
        var total = BudgetAmount()
        var retired = BudgetAmount()
        /// Lines that somebody has told of.
        var claimed: Set<BudgetLine> = []
        /// Whether Redis may have lost what it had.
        var mustRepeat = false
        /// What is used in all, as far as it was ever known here.
        var known = BudgetAmount()

        var isReported: Bool { reported == used && !mustRepeat }

        /// To be called after each change. What is used never becomes less, even where Redis loses it.
        mutating func update() {
            known = .larger(known, total + (used - reported))
        }
    }

    /// For the whole life of a process; a report is the sum of everything charged.
    let holder: String
    private let tenant: String
    private let budget: TenantBudget
    private var entries: [Entry] = []

    init(tenant: String, budget: TenantBudget, holder: String) {
        self.tenant = tenant
        self.budget = budget
        self.holder = holder
    }

    var isReported: Bool { entries.allSatisfy(\.isReported) }
    var isEmpty: Bool { entries.isEmpty }

    /// Counts what a call has cost in the day and the month that it ended in.
    mutating func charge(_ amount: BudgetAmount, now: Int64) {
        for index in current(now) {
            entries[index].used = entries[index].used + amount
            entries[index].update()
        }
    }

    /// Periods that have limits.
    mutating func spans(now: Int64) -> [BudgetSpan] {
        current(now).map { entries[$0].span }
    }

    /// The budget that is used up, of several the one that is so for longest.
    mutating func excess(now: Int64) -> BudgetExcess? {
        current(now).flatMap { index in
            let (span, used) = (entries[index].span, entries[index].known)
            return entries[index].lines.filter { $0.isHard && used[$0.unit] >= $0.amount }.map { line in
                BudgetExcess(
                    period: span.period, unit: line.unit, limit: line.unit.shown(line.limit), used: line.unit.shown(used[line.unit]),
                    until: span.end)
            }
        }.max { $0.until < $1.until }
    }

    /// Forgets what is over and reported.
    mutating func prune(now: Int64) {
        entries.removeAll { $0.span.end <= now && $0.isReported }
    }

    /// The entries of this day and month, made where there are none yet, if they have limits.
    private mutating func current(_ now: Int64) -> [Int] {
        BudgetPeriod.allCases.compactMap { period in
            if let index = entries.firstIndex(where: { $0.span.period == period && $0.span.end > now }) { return index }
            let lines = budget.lines(period)
            guard !lines.isEmpty else { return nil }
            entries.append(Entry(span: BudgetSpan(period, at: now), lines: lines))
            return entries.count - 1
        }
    }

    // MARK: Redis

    /// What has to be reported: what Redis may not have, or at the end everything charged.
    func reports(atEnd: Bool = false) -> [(span: BudgetSpan, report: BudgetTally.Report)] {
        entries.filter { atEnd ? $0.used != BudgetAmount() : !$0.isReported }.map { entry in
            let report = BudgetTally.Report(used: entry.used, retired: entry.retired, lines: entry.lines, claimed: entry.claimed)
            return (entry.span, report)
        }
    }

    /// Takes the answer to a report.
    ///
    /// - Returns: the lines of which this loop is to tell.
    mutating func answered(
        _ answer: BudgetTally.Answer, to report: BudgetTally.Report, of span: BudgetSpan
    ) -> [BudgetCrossing] {
        guard let index = entries.firstIndex(where: { $0.span == span }) else { return [] }
        entries[index].reported = report.used
        entries[index].total = answer.total
        entries[index].retired = answer.retired
        entries[index].mustRepeat = false
        entries[index].update()
        return zip(report.lines, answer.tellers).compactMap { line, teller in
            guard let teller, entries[index].claimed.insert(line).inserted, teller == holder else { return nil }
            return BudgetCrossing(
                tenant: tenant.isEmpty ? nil : tenant, period: span.period, unit: line.unit, isHard: line.isHard,
                limit: line.unit.shown(line.limit),
                used: line.unit.shown(answer.total[line.unit]), until: span.end)
        }
    }

    /// Takes what a look at a tally has told.
    mutating func looked(_ look: BudgetStore.Look, at span: BudgetSpan) {
        guard let index = entries.firstIndex(where: { $0.span == span }) else { return }
        // Redis has lost it, or a part of it.
        if BudgetAmount.larger(look.own, entries[index].reported) != look.own { entries[index].mustRepeat = true }
        entries[index].reported = look.own
        entries[index].total = look.total
        entries[index].update()
    }

    /// What Redis had may be lost: all is to be reported again.
    mutating func noteConnection() {
        for index in entries.indices { entries[index].mustRepeat = true }
    }
}
