internal import Coordination
internal import EventLoop

/// How busy the worker has been since it was asked last. Confined to one loop.
final class LoadReport {
    private let counters: WorkerCounters
    private let statistics: StatusLog
    private var last: (snapshot: WorkerCounters.Snapshot, time: MonotonicTime)

    init(_ counters: WorkerCounters, _ statistics: StatusLog) {
        self.counters = counters
        self.statistics = statistics
        last = (counters.snapshot, .now)
    }

    var load: FleetMember.Load {
        let (now, time) = (counters.snapshot, MonotonicTime.now)
        let finished = now.succeeded + now.failed - last.snapshot.succeeded - last.snapshot.failed
        let seconds = time.milliseconds(since: last.time) / 1_000
        last = (now, time)
        return FleetMember.Load(
            inFlight: now.inFlight, perSecond: seconds > 0 ? Double(finished) / seconds : 0, succeeded: now.succeeded, failed: now.failed,
            lag: Int(statistics.currentLag))
    }
}
