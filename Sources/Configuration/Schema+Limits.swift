internal import Limits

/// What may be used, and by whom; and what is used again.
extension Schema {
    static let limitKeys = [
        Key("limits.lease_ms", .integer(0...10_000), 500, "how far in advance an event loop takes its share of a limit; 0 is not at all"),
        Key(
            "limits.fail", .choice(LimitPlan.WithoutRedis.allCases.map(\.rawValue)), "local",
            "without Redis: each worker has its share of the limits, requests wait, or nothing is limited"),
    ]

    static let providerLimitKeys = rateKeys("providers.*", "of each key, for all models")
    static let modelLimitKeys = rateKeys("models.*", "of each key, for the model")

    static let tenantKeys =
        [Key("tenants.*.weight", .integer(1...1_000), 1, "the tenant's share of what is scarce, relative to other tenants'")]
        + rateKeys("tenants.*", "of the tenant") + [
            Key("tenants.*.budget.usd_per_day", .price, nil, "US dollars that the tenant may spend in a UTC day"),
            Key("tenants.*.budget.usd_per_month", .price, nil, "US dollars that the tenant may spend in a UTC month"),
            Key("tenants.*.budget.tokens_per_day", .integer(1...Int(1e15)), nil, "tokens that the tenant may use in a UTC day"),
            Key("tenants.*.budget.tokens_per_month", .integer(1...Int(1e15)), nil, "tokens that the tenant may use in a UTC month"),
            Key(
                "tenants.*.budget.soft_percent", .integer(1...100), nil,
                "how much of a budget is used when an event warns of it; 80 unless given"),
        ]

    static let cacheKeys = [
        Key(
            "cache.mode", .choice(CacheConfiguration.Mode.allCases.map(\.rawValue)), "off",
            "which requests are answered as before: none, those with the same answer each time and those that ask for it, or all"),
        Key("cache.ttl_s", .integer(1...31_536_000), 86_400, "how long an answer is kept whose request does not say"),
        Key("cache.shared_by_tenants", .boolean, false, "whether one tenant's answers are given to others"),
        Key("cache.memory_max_bytes", .bytes(0...(1 << 40)), .integer(64 << 20), "memory of a worker for answers"),
        Key("cache.redis_max_bytes", .bytes(0...(1 << 50)), .integer(1 << 30), "memory of Redis for answers, of the whole fleet"),
        Key("cache.compress_above_bytes", .bytes(0...(64 << 20)), .integer(1_024), "the size above which answers are compressed"),
        Key("cache.compression_level", .integer(1...19), 3, "zstd's: 1 is fast, 19 small"),
        Key("cache.semantic.model", .text, "", "the model that embeds questions, to find those that mean nearly the same; empty for none"),
        Key("cache.semantic.similarity_percent", .integer(1...100), 95, "the cosine from which on two questions mean the same"),
    ]

    static let encryptionKeys = [
        Key("encryption.key", .secret, nil, "protects what the cache has in Redis; what `openssl rand -base64 32` prints"),
        Key("encryption.previous_keys", .secrets, nil, "what encryption.key was before"),
        Key("encryption.rotation_days", .integer(1...3_650), 30, "after how many days answers are sealed with a new data key"),
    ]

    private static func rateKeys(_ section: String, _ whose: String) -> [Key] {
        func key(_ name: String, _ most: Int, _ what: String) -> Key {
            Key(SettingPath(stringLiteral: "\(section).limits.\(name)"), .integer(1...most), nil, "\(what) \(whose)")
        }
        return [
            key("requests_per_minute", 10_000_000, "requests a minute"),
            key("tokens_per_minute", Int(1e12), "tokens a minute, input and output together,"),
            key("input_tokens_per_minute", Int(1e12), "input tokens a minute"),
            key("output_tokens_per_minute", Int(1e12), "output tokens a minute"),
            key("tokens_per_day", Int(1e15), "tokens in a UTC day"),
            key("concurrency", 1_000_000, "calls at once"),
            Key(
                SettingPath(stringLiteral: "\(section).limits.burst_ms"), .integer(0...60_000), nil,
                "how much may come at once after a lull, in milliseconds' worth of the limits; 2000 unless given"),
        ]
    }
}
