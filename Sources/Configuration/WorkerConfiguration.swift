internal import Foundation

/// How much a worker does at once, and when it commits and stops.
package struct WorkerConfiguration: Sendable {
    package let id: String
    /// Event loops; 0 is one for each core.
    package let loops: Int
    package let maxInFlight: Int
    package let maxInFlightBytes: Int
    /// Nil if one partition may have all.
    package let maxInFlightPerPartition: Int?
    /// Nil if one partition may have all.
    package let maxInFlightBytesPerPartition: Int?
    package let concurrency: Concurrency
    package let ordering: Ordering
    package let maxRequestBytes: Int
    package let delivery: Delivery
    package let transactionIntervalMilliseconds: Int
    package let transactionMaxRequests: Int
    package let commitIntervalMilliseconds: Int
    package let offsetMetadataMaxBytes: Int
    package let drainTimeoutSeconds: Int
    /// 0 if duplicates are not looked for.
    package let duplicateWindowSeconds: Int
    package let deadLettersFailures: Bool
    /// Empty for none.
    package let claimCheckDirectory: String
    /// Whether a model whose answer does not fit its schema is asked once more.
    package let schemaRepair: Bool
    /// One of swift-log's names.
    package let logLevel: String

    init(_ settings: Settings, _ problems: inout Problems) {
        id = settings.text("worker.id")
        loops = settings.integer("worker.loops")
        maxInFlight = settings.integer("worker.max_in_flight")
        maxInFlightBytes = settings.integer("worker.max_in_flight_bytes")
        maxInFlightPerPartition = Self.limit(settings.integer("worker.max_in_flight_per_partition"))
        maxInFlightBytesPerPartition = Self.limit(settings.integer("worker.max_in_flight_bytes_per_partition"))
        concurrency = Concurrency(rawValue: settings.text("worker.concurrency")) ?? .fixed
        ordering = Ordering(rawValue: settings.text("worker.ordering")) ?? .unordered
        delivery = Delivery(rawValue: settings.text("worker.delivery")) ?? .atLeastOnce
        transactionIntervalMilliseconds = settings.integer("worker.transaction_interval_ms")
        transactionMaxRequests = settings.integer("worker.transaction_max_requests")
        maxRequestBytes = settings.integer("worker.max_request_bytes")
        commitIntervalMilliseconds = settings.integer("worker.commit_interval_ms")
        offsetMetadataMaxBytes = settings.integer("worker.offset_metadata_max_bytes")
        drainTimeoutSeconds = settings.integer("worker.drain_timeout_s")
        duplicateWindowSeconds = settings.integer("worker.duplicate_window_s")
        deadLettersFailures = settings.boolean("worker.dead_letter_failures")
        claimCheckDirectory = settings.text("worker.claim_check_directory")
        schemaRepair = settings.boolean("worker.schema_repair")
        logLevel = settings.text("worker.log_level")
        if id.isEmpty { problems.add("worker.id: must not be empty", at: settings.origin(of: "worker.id")) }
    }

    /// Makes sure that responses that are too large can be kept, before there are any.
    func checkDirectory(_ problems: inout Problems) {
        guard !claimCheckDirectory.isEmpty else { return }
        do {
            try FileManager.default.createDirectory(atPath: claimCheckDirectory, withIntermediateDirectories: true)
            guard !FileManager.default.isWritableFile(atPath: claimCheckDirectory) else { return }
        } catch {}
        problems.add("worker.claim_check_directory: '\(claimCheckDirectory)' is no directory that can be made or written to")
    }

    /// 0 stands for no limit.
    private static func limit(_ number: Int) -> Int? { number > 0 ? number : nil }

    package enum Concurrency: String, Sendable {
        case fixed, adaptive
    }

    /// Which requests are answered one after the other.
    package enum Ordering: String, Sendable {
        case unordered, key, partition
    }

    package enum Delivery: String, Sendable {
        case atLeastOnce = "at_least_once"
        case exactlyOnce = "exactly_once"
    }
}
