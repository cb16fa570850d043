internal import Envelope

/// Money and tokens together.
struct BudgetAmount: Equatable, Sendable {
    /// Billionths of a dollar: a token costs a few at least.
    var nanoUSD: Int
    var tokens: Int

    init(nanoUSD: Int = 0, tokens: Int = 0) {
        self.nanoUSD = nanoUSD
        self.tokens = tokens
    }

    /// What is negative, or no number, counts as nothing.
    init(usd: Double, tokens: Int) {
        nanoUSD = usd > 0 ? Int(min(usd * 1e9, Double(Self.largest)).rounded()) : 0
        self.tokens = min(max(tokens, 0), Self.largest)
    }

    /// Nine million dollars, where sums end: Lua's numbers are exact up to here.
    private static let largest = 1 << 53

    subscript(unit: BudgetUnit) -> Int { unit == .usd ? nanoUSD : tokens }

    static func + (left: BudgetAmount, right: BudgetAmount) -> BudgetAmount {
        BudgetAmount(nanoUSD: min(left.nanoUSD + right.nanoUSD, largest), tokens: min(left.tokens + right.tokens, largest))
    }

    static func - (left: BudgetAmount, right: BudgetAmount) -> BudgetAmount {
        BudgetAmount(nanoUSD: left.nanoUSD - right.nanoUSD, tokens: left.tokens - right.tokens)
    }

    /// The larger money, and the larger number of tokens.
    static func larger(_ left: BudgetAmount, _ right: BudgetAmount) -> BudgetAmount {
        BudgetAmount(nanoUSD: max(left.nanoUSD, right.nanoUSD), tokens: max(left.tokens, right.tokens))
    }
}

extension BudgetUnit {
    /// An amount in dollars or tokens.
    func shown(_ amount: Int) -> Double {
        self == .usd ? Double(amount) / 1e9 : Double(amount)
    }
}
