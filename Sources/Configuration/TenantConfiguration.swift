package import Coordination
package import Limits

/// What one tenant may use.
package struct TenantConfiguration: Sendable {
    /// The entry that counts for each tenant without one of its own.
    package static let others = "default"

    /// The tenant's share of what is scarce, relative to other tenants'.
    package let weight: Int
    package let limits: LimitRates
    /// Nil if the tenant has none.
    package let budget: TenantBudget?

    init(_ name: String, _ settings: Settings) {
        let path = SettingPath(["tenants", name])
        weight = settings.integer(path.appending("weight"))
        limits = settings.rates(path)
        budget = Self.budget(path.appending("budget"), settings)
    }

    private static func budget(_ path: SettingPath, _ settings: Settings) -> TenantBudget? {
        let (day, month) = (settings.number(path.appending("usd_per_day")), settings.number(path.appending("usd_per_month")))
        let tokens = (
            day: settings.optionalInteger(path.appending("tokens_per_day")),
            month: settings.optionalInteger(path.appending("tokens_per_month"))
        )
        guard day != nil || month != nil || tokens.day != nil || tokens.month != nil else { return nil }
        return TenantBudget(
            usdPerDay: day, usdPerMonth: month, tokensPerDay: tokens.day, tokensPerMonth: tokens.month,
            softPercent: settings.optionalInteger(path.appending("soft_percent")) ?? 80)
    }
}
