package import Limits

/// How limits are kept to.
package struct LimitsConfiguration: Sendable {
    /// Zero if nothing is taken in advance.
    package let lease: Duration
    package let whenRedisIsAway: LimitPlan.WithoutRedis

    init(_ settings: Settings) {
        lease = .milliseconds(settings.integer("limits.lease_ms"))
        // The schema lets nothing else through.
        whenRedisIsAway = LimitPlan.WithoutRedis(rawValue: settings.text("limits.fail")) ?? .local
    }
}

extension Settings {
    /// The limits in a section of a provider, a model or a tenant.
    func rates(_ section: SettingPath) -> LimitRates {
        let path = section.appending("limits")
        return LimitRates(
            requestsPerMinute: optionalInteger(path.appending("requests_per_minute")),
            tokensPerMinute: optionalInteger(path.appending("tokens_per_minute")),
            inputTokensPerMinute: optionalInteger(path.appending("input_tokens_per_minute")),
            outputTokensPerMinute: optionalInteger(path.appending("output_tokens_per_minute")),
            tokensPerDay: optionalInteger(path.appending("tokens_per_day")),
            concurrency: optionalInteger(path.appending("concurrency")),
            burstSeconds: optionalInteger(path.appending("burst_ms")).map { Double($0) / 1_000 } ?? 2)
    }
}
