/// How often, and after which pause, a failed provider call is tried again.
package struct RetryConfiguration: Sendable {
    /// Calls a request may cost, the first among them.
    package let maxAttempts: Int
    package let baseDelayMilliseconds: Int
    package let maxDelayMilliseconds: Int
    package let maxTotalSeconds: Int
    package let inMemoryMaxMilliseconds: Int
    package let budgetPercent: Int

    init(_ settings: Settings, _ problems: inout Problems) {
        maxAttempts = settings.integer("retry.max_attempts")
        baseDelayMilliseconds = settings.integer("retry.base_delay_ms")
        maxDelayMilliseconds = settings.integer("retry.max_delay_ms")
        maxTotalSeconds = settings.integer("retry.max_total_s")
        inMemoryMaxMilliseconds = settings.integer("retry.in_memory_max_ms")
        budgetPercent = settings.integer("retry.budget_percent")
        if baseDelayMilliseconds > maxDelayMilliseconds {
            let origins = ["retry.base_delay_ms", "retry.max_delay_ms"].map(settings.origin(of:))
            problems.add(
                "retry.base_delay_ms: must not be more than retry.max_delay_ms, which is \(maxDelayMilliseconds)",
                at: origins.first { $0 != .initial } ?? .initial)
        }
    }
}
