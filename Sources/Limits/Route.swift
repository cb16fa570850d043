/// All that limits a call with one key: the scopes whose buckets it takes from together, and what the loop has taken of them in advance.
/// Confined to its limiter's loop.
final class Route {
    /// A scope that allows only so many calls at once.
    struct Gate {
        let scope: String
        let limit: Int
    }

    let key: Int
    let parts: [LimitAsk.Part]
    /// The same, for one loop without the others.
    let ratesOfParts: [LimitRates]
    /// Which of the parts is the tenant's; nil if the tenant is not limited.
    let tenantPart: Int?
    /// What of a need matters.
    let kinds: [BucketSpec.Kind]
    let gates: [Gate]

    var allowance = Allowance()
    /// Whether Redis has been asked and has not answered.
    var isAsking = false
    /// When to ask again, in microseconds of the loop's clock.
    var comeAt = 0.0
    /// What is to be put right.
    var leftover = Leftover()
    /// What calls have taken lately, in the length of an advance.
    var recent = Need.nothing
    var recentBegan = 0.0

    init(key: Int, scopes: [(name: String, rates: LimitRates, isTenants: Bool)], advance: Double) {
        self.key = key
        let limited = scopes.map { scope in
            (scope, LimitAsk.Part(scope: scope.name, buckets: BucketSpec.buckets(of: scope.rates, advance: advance)))
        }.filter { !$0.1.buckets.isEmpty }
        parts = limited.map(\.1)
        ratesOfParts = limited.map(\.0.rates)
        tenantPart = limited.firstIndex { $0.0.isTenants }
        let used = Set(parts.flatMap { $0.buckets.map(\.kind) })
        kinds = BucketSpec.Kind.allCases.filter(used.contains)
        gates = scopes.compactMap { scope in scope.rates.concurrency.map { Gate(scope: scope.name, limit: $0) } }
    }

    /// Notes what a call has taken, to know what to take in advance for the next ones.
    func noteUse(_ need: Need, now: Double, advance: Double) {
        if now - recentBegan > advance {
            let periods = advance > 0 ? (now - recentBegan) / advance : .infinity
            recent = periods > 2 ? .nothing : recent * (1 / periods)
            recentBegan = now
        }
        recent = recent + need
    }
}
