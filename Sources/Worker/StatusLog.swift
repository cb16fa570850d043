internal import Foundation
internal import Logging
internal import Synchronization

/// A line in the log now and then that says how the worker fares.
final class StatusLog: Sendable {
    private let logger: Logger
    private let counters: WorkerCounters
    private let lag = Atomic<Int64>(0)
    private let hasJoined = Atomic(false)

    init(logger: Logger, counters: WorkerCounters) {
        self.logger = logger
        self.counters = counters
    }

    /// Takes the lag from librdkafka's statistics.
    ///
    /// Format: https://github.com/confluentinc/librdkafka/blob/v2.0.2/STATISTICS.md
    func note(_ statistics: String) {
        struct Statistics: Decodable {
            struct Topic: Decodable { let partitions: [String: Partition] }
            struct Partition: Decodable {
                let fetch_state: String
                let consumer_lag: Int64
                let hi_offset: Int64
                let lo_offset: Int64

                /// Of this worker's own partitions. Where nothing has been committed, all waits.
                var lag: Int64 {
                    guard fetch_state == "active" else { return 0 }
                    return consumer_lag >= 0 ? consumer_lag : max(0, hi_offset - max(0, lo_offset))
                }
            }
            let topics: [String: Topic]
        }
        guard let parsed = try? JSONDecoder().decode(Statistics.self, from: Data(statistics.utf8)) else { return }
        lag.store(parsed.topics.values.flatMap(\.partitions.values).map(\.lag).reduce(0, +), ordering: .relaxed)
    }

    var currentLag: Int64 { lag.load(ordering: .relaxed) }

    func noteJoined() { hasJoined.store(true, ordering: .relaxed) }

    /// Logs every ten seconds in which something was done, or waits to be done, until the task is cancelled.
    func run() async {
        var last = counters.snapshot
        while (try? await Task.sleep(for: .seconds(10))) != nil {
            guard hasJoined.load(ordering: .relaxed) else {
                logger.info("waiting for the group to let this worker in")
                continue
            }
            let now = counters.snapshot
            let lag = lag.load(ordering: .relaxed)
            guard now != last || now.inFlight > 0 || lag > 0 else { continue }
            let finished = now.succeeded + now.failed - last.succeeded - last.failed
            logger.info(
                "status",
                metadata: [
                    "per_second": "\(finished / 10)", "in_flight": "\(now.inFlight)", "succeeded": "\(now.succeeded)",
                    "failed": "\(now.failed)", "dead_lettered": "\(now.deadLettered)", "postponed": "\(now.postponed)", "lag": "\(lag)",
                ])
            last = now
        }
    }
}
