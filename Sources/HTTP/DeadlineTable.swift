internal import EventLoop

/// One deadline for each slot, in one array: a sweep over ten thousand of them costs a few microseconds, and setting one costs a
/// store, so nothing is spent on the deadlines that never come up.
struct DeadlineTable {
    private var deadlines: [UInt64] = []

    /// The earliest point at which a sweep can find something, as far as is known; nil if nothing is due ever.
    private(set) var nextSweep: MonotonicTime?

    /// Sets the slot's deadline, or takes it away.
    ///
    /// - Returns: whether `nextSweep` became earlier.
    mutating func set(_ slot: Int, to deadline: MonotonicTime?) -> Bool {
        while deadlines.count <= slot { deadlines.append(.max) }
        deadlines[slot] = deadline?.nanoseconds ?? .max
        guard let deadline, nextSweep.map({ deadline < $0 }) ?? true else { return false }
        nextSweep = deadline
        return true
    }

    /// Takes the slots that are due at `now` away, and finds the next sweep's time.
    mutating func sweep(at now: MonotonicTime) -> [Int] {
        var due: [Int] = []
        var earliest = UInt64.max
        for slot in deadlines.indices {
            let deadline = deadlines[slot]
            if deadline <= now.nanoseconds {
                due.append(slot)
                deadlines[slot] = .max
            } else if deadline < earliest {
                earliest = deadline
            }
        }
        nextSweep = earliest == .max ? nil : MonotonicTime(nanoseconds: earliest)
        return due
    }
}
