/// All limits, and how they are kept to.
package struct LimitPlan: Sendable {
    /// What becomes of limits while Redis is away.
    package enum WithoutRedis: String, CaseIterable, Sendable {
        /// Each event loop keeps to its share of them, by the number of loops last known.
        case local
        /// Requests wait.
        case closed
        /// Nothing is limited.
        case open
    }

    package struct Model: Hashable, Sendable {
        package let provider: String
        /// As the provider knows it.
        package let name: String

        package init(provider: String, name: String) {
            self.provider = provider
            self.name = name
        }
    }

    package struct Tenant: Sendable {
        /// Its share of what is scarce, relative to other tenants'; at least 1.
        package let weight: Int
        package let rates: LimitRates

        package init(weight: Int, rates: LimitRates) {
            self.weight = weight
            self.rates = rates
        }
    }

    /// Of each key, all models together.
    package var providers: [String: LimitRates] = [:]
    /// Of each key.
    package var models: [Model: LimitRates] = [:]
    package var tenants: [String: Tenant] = [:]
    /// Of each tenant that is not named; requests without a tenant are one.
    package var otherTenants = Tenant(weight: 1, rates: LimitRates())
    package var withoutRedis: WithoutRedis = .local
    /// How long before its use something may be taken. Zero if each request is to ask.
    package var lease: Duration = .milliseconds(500)
    /// The workers that share the limits: their consumer group.
    package var group: String

    package init(group: String) {
        self.group = group
    }

    func tenant(_ name: String) -> Tenant {
        tenants[name] ?? otherTenants
    }

    /// Whether only so many calls may be made at once, of anything.
    package var limitsCallsAtOnce: Bool {
        let rates = Array(providers.values) + models.values + tenants.values.map(\.rates) + [otherTenants.rates]
        return rates.contains { $0.concurrency != nil }
    }

    /// Whether anything is limited.
    package var isLimited: Bool {
        providers.values.contains { $0.isLimited } || models.values.contains { $0.isLimited }
            || tenants.values.contains { $0.rates.isLimited } || otherTenants.rates.isLimited
    }
}
