internal import Envelope

/// What a tenant may use in a day and in a month of UTC; nil where there is no limit.
package struct TenantBudget: Sendable, Equatable {
    package var usdPerDay: Double?
    package var usdPerMonth: Double?
    package var tokensPerDay: Int?
    package var tokensPerMonth: Int?
    /// The part of a budget, in percent, at which somebody is told.
    package var softPercent: Int

    package init(
        usdPerDay: Double? = nil, usdPerMonth: Double? = nil, tokensPerDay: Int? = nil, tokensPerMonth: Int? = nil, softPercent: Int = 80
    ) {
        self.usdPerDay = usdPerDay
        self.usdPerMonth = usdPerMonth
        self.tokensPerDay = tokensPerDay
        self.tokensPerMonth = tokensPerMonth
        self.softPercent = softPercent
    }

    package var isLimited: Bool {
        usdPerDay != nil || usdPerMonth != nil || tokensPerDay != nil || tokensPerMonth != nil
    }

    /// The lines of a period in which there is a limit, soft ones before hard ones.
    func lines(_ period: BudgetPeriod) -> [BudgetLine] {
        let (usd, tokens) = period == .day ? (usdPerDay, tokensPerDay) : (usdPerMonth, tokensPerMonth)
        return lines(.usd, usd.map { BudgetAmount(usd: $0, tokens: 0).nanoUSD }) + lines(.tokens, tokens)
    }

    private func lines(_ unit: BudgetUnit, _ limit: Int?) -> [BudgetLine] {
        guard let limit else { return [] }
        let hard = BudgetLine(unit: unit, isHard: true, amount: limit, limit: limit)
        guard (1..<100).contains(softPercent) else { return [hard] }
        // Divided first, for a limit may be as large as a number can be.
        let soft = limit / 100 * softPercent + limit % 100 * softPercent / 100
        return [BudgetLine(unit: unit, isHard: false, amount: max(soft, 1), limit: limit), hard]
    }
}

/// An amount of a period at which somebody is told: once in the fleet.
struct BudgetLine: Hashable, Sendable {
    let unit: BudgetUnit
    /// Whether nothing is let through from here on.
    let isHard: Bool
    /// In nano-dollars or tokens.
    let amount: Int
    /// The limit that it belongs to.
    let limit: Int

    /// Names it in Redis; another amount is another line.
    var name: String { "\(isHard ? "hard" : "soft"):\(unit.rawValue):\(amount)" }
}
