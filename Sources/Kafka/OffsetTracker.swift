/// Which offsets of one partition, in one assignment, are done, and up to where all are: the watermark, which is what may be
/// committed. A value without I/O.
///
/// Offsets are delivered in rising order, not necessarily without gaps (compaction, transaction markers), and complete in any
/// order.
package struct OffsetTracker: Sendable {
    package enum Delivery: Sendable {
        /// To be worked on.
        case new
        /// Done before this assignment; it is not to be worked on again.
        case done
        /// Delivered before in this assignment.
        case repeated
    }

    private struct Entry {
        let offset: Int64
        var done: Bool
    }

    /// The offsets delivered and not yet below the watermark, in order; a done one keeps its place until all before it are done.
    private var pending: [Entry] = []
    /// Where the live part of `pending` begins: moving an index is cheaper than shifting the array at each completion.
    private var head = 0
    /// What an earlier assignment had done beyond the offset it committed, as far as it has not been delivered again.
    private var restored: CompletedOffsets
    private let base: Int64
    /// The offset to commit: everything below it is done. Nil until the first delivery.
    package private(set) var watermark: Int64?
    /// How many delivered offsets are not done.
    package private(set) var inFlight = 0

    /// - Parameters:
    ///   - base: the offset that was committed last.
    ///   - completed: the offsets beyond it that are done.
    package init(resumingFrom base: Int64 = 0, completed: CompletedOffsets = CompletedOffsets()) {
        self.base = base
        restored = completed
    }

    /// The span between the watermark and the last delivered offset, in messages.
    package var span: Int { pending.count - head }

    /// The offset behind the last one delivered; nil before the first.
    package var next: Int64? { pending.last.map { $0.offset + 1 } ?? watermark }

    package func hasRoom(for offset: Int64, limit: Int) -> Bool { true }

    /// Notes that `offset` was handed out.
    package mutating func deliver(_ offset: Int64) -> Delivery {
        if let next {
            if offset < next { return .repeated }
        } else if offset < base {
            // The log begins anew, and what was done in it says nothing of what is there now.
            restored = CompletedOffsets()
        }
        let isDone = restored.contains(offset)
        if span == 0 { watermark = offset }
        pending.append(Entry(offset: offset, done: isDone))
        if !isDone {
            inFlight += 1
            return .new
        }
        if span == 1 { advance() }
        return .done
    }

    /// Notes that `offset` is done. Returns whether the watermark rose.
    package mutating func complete(_ offset: Int64) -> Bool {
        guard let index = index(of: offset), !pending[index].done else { return false }
        pending[index].done = true
        inFlight -= 1
        guard index == head else { return false }
        advance()
        return true
    }

    /// The offsets beyond the watermark that are done.
    package var completed: CompletedOffsets {
        var completed = CompletedOffsets()
        var start: Int64?
        for entry in pending[head...] {
            if entry.done {
                // What lies in a gap between two offsets that are done does not exist, or is as good as done.
                completed.append((start ?? entry.offset)...entry.offset)
                start = start ?? entry.offset
            } else {
                start = nil
            }
        }
        var later = restored
        if let next { later.removeAll(below: next) }
        for run in later.runs { completed.append(run) }
        return completed
    }

    private mutating func advance() {
        guard let first = watermark else { return }
        var next = first
        while head < pending.count, pending[head].done {
            next = pending[head].offset + 1
            head += 1
        }
        watermark = head < pending.count ? pending[head].offset : next
        if head == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= 4_096)
            head = 0
        } else if head > 1_024, head > pending.count / 2 {
            pending.removeFirst(head)
            head = 0
        }
    }

    private func index(of offset: Int64) -> Int? {
        // Without gaps, and mostly there are none, the place follows from the distance to the head.
        guard head < pending.count else { return nil }
        let guess = head + Int(offset - pending[head].offset)
        if guess >= head, guess < pending.count, pending[guess].offset == offset { return guess }
        var low = head
        var high = pending.count
        while low < high {
            let middle = (low + high) / 2
            if pending[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < pending.count && pending[low].offset == offset ? low : nil
    }
}
