internal import EventLoop
internal import Synchronization

/// How large the fleet is, for all loops of a worker. A ``FleetRegistry`` keeps it up to date.
///
/// A fleet that grows is seen with the next heartbeat. One that shrinks is seen only when the smaller number has lasted, for after Redis
/// has lost its data each worker seems to be alone until the others have come back. While Redis is away the last known numbers stay.
package final class FleetView: Sendable {
    private let workerCount: Atomic<Int>
    private let loopCount: Atomic<Int>

    /// - Parameter loops: this worker's own, which is the whole fleet until it is known better.
    package init(loops: Int) {
        workerCount = Atomic(1)
        loopCount = Atomic(loops)
    }

    /// Workers that are alive, this one included.
    package var workers: Int { workerCount.load(ordering: .relaxed) }

    /// Their event loops, this worker's included.
    package var loops: Int { loopCount.load(ordering: .relaxed) }

    func update(_ count: FleetRoll.Count) {
        workerCount.store(count.workers, ordering: .relaxed)
        loopCount.store(count.loops, ordering: .relaxed)
    }
}

/// What is taken for the fleet's size, by what heartbeats are answered.
struct FleetEstimate {
    private(set) var count: FleetRoll.Count
    private let patience: Duration
    /// Since when all answers have been smaller, and the largest of them.
    private var decline: (since: MonotonicTime, count: FleetRoll.Count)?

    /// - Parameter patience: how long a smaller number must last.
    init(own count: FleetRoll.Count, patience: Duration) {
        self.count = count
        self.patience = patience
    }

    mutating func answered(_ answer: FleetRoll.Count, at now: MonotonicTime) {
        if answer.loops >= count.loops {
            count = answer
            decline = nil
            return
        }
        let earlier = decline ?? (now, answer)
        let largest = answer.loops > earlier.count.loops ? answer : earlier.count
        if earlier.since + patience <= now {
            count = largest
            decline = nil
        } else {
            decline = (earlier.since, largest)
        }
    }

    /// A heartbeat was not answered: what came before says nothing of the time after.
    mutating func missed() {
        decline = nil
    }
}
