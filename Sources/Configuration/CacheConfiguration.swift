/// What the response cache keeps.
package struct CacheConfiguration: Sendable {
    package let mode: Mode
    /// How long an answer is kept whose request does not say, in seconds.
    package let timeToLive: Int
    package let isSharedByTenants: Bool
    /// Of one worker, all its loops together.
    package let memoryMaxBytes: Int
    package let redisMaxBytes: Int
    /// The size in bytes above which answers are compressed.
    package let compressAbove: Int
    /// zstd's.
    package let compressionLevel: Int
    /// An alias, or `provider/model`; nil if only what is the same is answered from the cache.
    package let semanticModel: String?
    /// The cosine, 0 to 1, from which on two questions are taken for the same.
    package let similarity: Double

    /// Which requests may be answered from the cache, unless they say otherwise.
    package enum Mode: String, CaseIterable, Sendable {
        case off
        /// Those that have the same answer each time.
        case deterministic
        case all
    }

    init(_ settings: Settings) {
        // The schema lets nothing else through.
        mode = Mode(rawValue: settings.text("cache.mode")) ?? .off
        timeToLive = settings.integer("cache.ttl_s")
        isSharedByTenants = settings.boolean("cache.shared_by_tenants")
        memoryMaxBytes = settings.integer("cache.memory_max_bytes")
        redisMaxBytes = settings.integer("cache.redis_max_bytes")
        compressAbove = settings.integer("cache.compress_above_bytes")
        compressionLevel = settings.integer("cache.compression_level")
        let model = settings.text("cache.semantic.model")
        semanticModel = model.isEmpty ? nil : model
        similarity = Double(settings.integer("cache.semantic.similarity_percent")) / 100
    }
}
