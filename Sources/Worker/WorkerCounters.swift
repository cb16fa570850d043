internal import Synchronization

/// What all shards count together.
final class WorkerCounters: Sendable {
    private let inFlightCount = Atomic<Int>(0)
    private let peakCount = Atomic<Int>(0)
    private let succeededCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let deadLetteredCount = Atomic<Int>(0)
    private let postponedCount = Atomic<Int>(0)

    struct Snapshot: Sendable, Equatable {
        var inFlight = 0
        var peakInFlight = 0
        var succeeded = 0
        var failed = 0
        var deadLettered = 0
        var postponed = 0
    }

    func taken() {
        let now = inFlightCount.wrappingAdd(1, ordering: .relaxed).newValue
        if now > peakCount.load(ordering: .relaxed) { peakCount.max(now, ordering: .relaxed) }
    }

    func left() { inFlightCount.wrappingSubtract(1, ordering: .relaxed) }
    func succeeded() { succeededCount.wrappingAdd(1, ordering: .relaxed) }
    func failed() { failedCount.wrappingAdd(1, ordering: .relaxed) }
    func deadLettered() { deadLetteredCount.wrappingAdd(1, ordering: .relaxed) }

    func postponed() { postponedCount.wrappingAdd(1, ordering: .relaxed) }

    var snapshot: Snapshot {
        Snapshot(
            inFlight: inFlightCount.load(ordering: .relaxed), peakInFlight: peakCount.load(ordering: .relaxed),
            succeeded: succeededCount.load(ordering: .relaxed), failed: failedCount.load(ordering: .relaxed),
            deadLettered: deadLetteredCount.load(ordering: .relaxed),
            postponed: postponedCount.load(ordering: .relaxed))
    }
}
