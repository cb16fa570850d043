/// What the response cache keeps, and how.
package struct CachePlan: Sendable {
    /// The consumer group, whose workers share the cache.
    package let group: String
    /// Whether all requests are answered from the cache that do not say otherwise.
    package let isForAll: Bool
    /// How long an answer is kept whose request does not say, in seconds.
    package let timeToLive: Int
    /// Whether one tenant's answers are given to others.
    package let isSharedByTenants: Bool
    /// Bytes that one event loop keeps in memory.
    package let memoryBytes: Int
    /// Bytes that all keep in Redis together.
    package let redisBytes: Int
    /// Providers that take a missing `temperature` or `top_p` for 1.
    package let providersWithUsualSampling: Set<String>

    package init(
        group: String, isForAll: Bool, timeToLive: Int, isSharedByTenants: Bool, memoryBytes: Int, redisBytes: Int,
        providersWithUsualSampling: Set<String>
    ) {
        self.group = group
        self.isForAll = isForAll
        self.timeToLive = timeToLive
        self.isSharedByTenants = isSharedByTenants
        self.memoryBytes = memoryBytes
        self.redisBytes = redisBytes
        self.providersWithUsualSampling = providersWithUsualSampling
    }
}
