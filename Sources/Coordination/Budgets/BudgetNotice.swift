package import Envelope

/// That a tenant's use has reached a part of a budget, or all of it. One loop of the fleet learns of each.
package struct BudgetCrossing: Equatable, Sendable {
    /// Nil for the requests that name none.
    package let tenant: String?
    package let period: BudgetPeriod
    package let unit: BudgetUnit
    /// Whether the whole budget is used up.
    package let isHard: Bool
    /// The whole budget, in its unit.
    package let limit: Double
    /// In the same unit.
    package let used: Double
    /// When the period ends, in unix milliseconds.
    package let until: Int64
}

/// Why a tenant's request is not let through.
package struct BudgetExcess: Equatable, Sendable {
    package let period: BudgetPeriod
    package let unit: BudgetUnit
    /// The budget, in its unit.
    package let limit: Double
    /// In the same unit.
    package let used: Double
    /// When the period ends, in unix milliseconds.
    package let until: Int64
}
