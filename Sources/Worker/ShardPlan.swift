internal import Configuration

/// The configuration as a shard needs it.
struct ShardPlan: Sendable {
    let limits: IntakeLimits
    let ordering: WorkerConfiguration.Ordering
    /// Whether fewer than the limit are worked on when the providers cannot take so many.
    let isAdaptive: Bool
    /// By topic, the longest wait on a retry topic, in seconds.
    let retryWaits: [String: Int]
    let commitInterval: Duration
    let drainTimeout: Duration
    /// The most characters that a commit's metadata may have.
    let metadataLimit: Int

    /// - Parameter shards: how many share the worker's limits.
    init(_ configuration: Configuration, shards: Int) {
        let worker = configuration.worker
        limits = IntakeLimits(
            maxInFlight: worker.maxInFlight, maxInFlightBytes: worker.maxInFlightBytes, shards: shards,
            partitionRequests: worker.maxInFlightPerPartition, partitionBytes: worker.maxInFlightBytesPerPartition)
        ordering = worker.ordering
        isAdaptive = worker.concurrency == .adaptive
        retryWaits = Dictionary(configuration.topics.retry.map { ($0.name, $0.waitSeconds) }) { $1 }
        commitInterval = .milliseconds(worker.commitIntervalMilliseconds)
        drainTimeout = .seconds(worker.drainTimeoutSeconds)
        metadataLimit = worker.offsetMetadataMaxBytes
    }
}
