/// How much a worker does at once, and when it commits and stops.
package struct WorkerConfiguration: Sendable {
    package let id: String
    /// Event loops; 0 is one for each core.
    package let loops: Int
    package let maxInFlight: Int
    package let maxInFlightBytes: Int
    package let maxRequestBytes: Int
    package let commitIntervalMilliseconds: Int
    package let drainTimeoutSeconds: Int
    /// 0 if duplicates are not looked for.
    package let duplicateWindowSeconds: Int
    /// One of swift-log's names.
    package let logLevel: String

    init(_ settings: Settings, _ problems: inout Problems) {
        id = settings.text("worker.id")
        loops = settings.integer("worker.loops")
        maxInFlight = settings.integer("worker.max_in_flight")
        maxInFlightBytes = settings.integer("worker.max_in_flight_bytes")
        maxRequestBytes = settings.integer("worker.max_request_bytes")
        commitIntervalMilliseconds = settings.integer("worker.commit_interval_ms")
        drainTimeoutSeconds = settings.integer("worker.drain_timeout_s")
        duplicateWindowSeconds = settings.integer("worker.duplicate_window_s")
        logLevel = settings.text("worker.log_level")
        if id.isEmpty { problems.add("worker.id: must not be empty", at: settings.origin(of: "worker.id")) }
    }
}
