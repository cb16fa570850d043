/// For how long a budget is.
package enum BudgetPeriod: String, CaseIterable, Sendable {
    /// A day of UTC.
    case day
    /// A month of UTC.
    case month
}

/// What a budget is of.
package enum BudgetUnit: String, CaseIterable, Sendable {
    case usd
    case tokens
}

/// That a tenant has used much of a budget, or all of it, written for the event topic: once in the fleet for each budget and period.
package struct BudgetEvent {
    /// When, in unix milliseconds.
    package var time: Int64
    /// The worker's id.
    package var worker: String
    /// Nil for the requests that name none.
    package var tenant: String?
    package var period: BudgetPeriod
    package var unit: BudgetUnit
    /// Whether the whole budget is used up, so that nothing more is let through; a part that is worth telling of otherwise.
    package var isExceeded: Bool
    /// The budget, in its unit.
    package var limit: Double
    /// What is used of it, in its unit.
    package var used: Double
    /// When the period ends, in unix milliseconds.
    package var until: Int64

    package init(
        time: Int64, worker: String, tenant: String?, period: BudgetPeriod, unit: BudgetUnit, isExceeded: Bool, limit: Double, used: Double,
        until: Int64
    ) {
        self.time = time
        self.worker = worker
        self.tenant = tenant
        self.period = period
        self.unit = unit
        self.isExceeded = isExceeded
        self.limit = limit
        self.used = used
        self.until = until
    }

    /// Appends the event as one JSON object.
    package func write(into writer: inout ByteWriter) {
        let decimals = unit == .usd ? 9 : 0
        writer.beginEvent(isExceeded ? "budget.exceeded" : "budget.soft", time: time, worker: worker)
        writer.appendMember(",\"tenant\":", tenant)
        writer.append(",\"period\":\"")
        writer.append(text: period.rawValue)
        writer.append("\",\"unit\":\"")
        writer.append(text: unit.rawValue)
        writer.append("\",\"limit\":")
        writer.append(limit, decimals: decimals)
        writer.append(",\"used\":")
        writer.append(used, decimals: decimals)
        writer.append(",\"until\":\"")
        writer.appendTimestamp(milliseconds: until)
        writer.append("\"}")
    }
}
