package import HTTP
package import Redis
package import Routing

/// What the batch lane needs to know. `http` and `redis` are those of the worker's loops.
package struct BatchPlan: Sendable {
    let redis: RedisConfiguration
    let http: HTTPClientConfiguration
    let models: ModelTable
    /// The consumer group.
    let group: String
    package let timing: BatchTiming

    /// The largest file of results, which is read in pieces.
    private static let largestFile = 2 << 30

    package init(redis: RedisConfiguration, http: HTTPClientConfiguration, models: ModelTable, group: String, timing: BatchTiming) {
        self.redis = redis
        self.models = models
        self.group = group
        self.timing = timing
        var http = http
        http.maxResponseBytes = Self.largestFile
        self.http = http
    }
}
