internal import HeapModule

/// Deadlines in order. A timer's identity is a slot that is reused once it is released; moving a timer later costs nothing
/// until its old deadline comes up, so the frequent re-arming that curl asks for does not grow the heap.
struct TimerQueue {
    struct Entry: Comparable {
        let deadline: MonotonicTime
        let slot: Int
        let generation: UInt32

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
        static func == (left: Entry, right: Entry) -> Bool { left.deadline == right.deadline }
    }

    private struct Slot {
        var generation: UInt32 = 0
        /// When the timer is due; nil while it is disarmed.
        var deadline: MonotonicTime?
        /// The deadline of the entry that stands in the heap for this slot, if one does.
        var queued: MonotonicTime?
    }

    private var heap = Heap<Entry>()
    private var slots: [Slot] = []
    private var free: [Int] = []

    /// The earliest point at which `popDue` may have something to return.
    var nextDeadline: MonotonicTime? { heap.min?.deadline }

    mutating func makeTimer() -> Int {
        if let slot = free.popLast() { return slot }
        slots.append(Slot())
        return slots.count - 1
    }

    mutating func release(_ slot: Int) {
        slots[slot].generation &+= 1
        slots[slot].deadline = nil
        slots[slot].queued = nil
        free.append(slot)
    }

    mutating func arm(_ slot: Int, at deadline: MonotonicTime) {
        slots[slot].deadline = deadline
        if let queued = slots[slot].queued, queued <= deadline { return }
        slots[slot].generation &+= 1
        slots[slot].queued = deadline
        heap.insert(Entry(deadline: deadline, slot: slot, generation: slots[slot].generation))
    }

    mutating func disarm(_ slot: Int) {
        slots[slot].deadline = nil
    }

    /// The slot of one timer that is due at `now`, disarmed by being returned; nil if none is.
    mutating func popDue(at now: MonotonicTime) -> Int? {
        while let entry = heap.min, entry.deadline <= now {
            heap.removeMin()
            let slot = entry.slot
            guard slots[slot].generation == entry.generation else { continue }
            slots[slot].queued = nil
            guard let deadline = slots[slot].deadline else { continue }
            if deadline > now {
                arm(slot, at: deadline)
                continue
            }
            slots[slot].deadline = nil
            return slot
        }
        return nil
    }
}
