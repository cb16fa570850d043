internal import Configuration
internal import Coordination

/// What tenants may spend.
struct BudgetPlan: Sendable {
    let tenants: [String: TenantBudget]
    /// Of each tenant that is not named.
    let others: TenantBudget?

    /// Nil if the configuration has no budgets.
    init?(_ configuration: Configuration) {
        var budgets = configuration.tenants.compactMapValues(\.budget)
        others = budgets.removeValue(forKey: TenantConfiguration.others)
        tenants = budgets
        if tenants.isEmpty, others == nil { return nil }
    }
}
