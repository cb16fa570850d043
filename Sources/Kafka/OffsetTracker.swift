/// Which offsets of one partition, in one assignment, are done, and up to where all are: the watermark, which is what may be
/// committed. A value without I/O.
///
/// Offsets are delivered in rising order, and complete in any. Those that are left out, for compaction or transaction markers, do not
/// exist: once an offset behind them is delivered they count as done. So it is enough to keep the offsets in flight, however many are
/// done between and behind them.
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
        var isDone = false
    }

    /// The offsets in flight, in order, and among them some that are done since.
    private var entries: [Entry] = []
    /// The first in flight.
    private var head = 0
    /// What an earlier assignment had done beyond the offset it committed, as far as it has not been delivered again.
    private var restored: RestoredOffsets
    private let base: Int64
    /// The offset to commit: everything below it is done. Nil until the first delivery.
    package private(set) var watermark: Int64?
    /// The offset behind the last one delivered; nil before the first.
    package private(set) var next: Int64?
    /// How many delivered offsets are not done.
    package private(set) var inFlight = 0

    /// - Parameters:
    ///   - base: the offset that was committed last.
    ///   - completed: the offsets beyond it that are done.
    package init(resumingFrom base: Int64 = 0, completed: CompletedOffsets = CompletedOffsets()) {
        self.base = base
        restored = RestoredOffsets(completed)
    }

    /// Whether `offset`, which is yet to be delivered, was done before this assignment.
    package func wasDone(_ offset: Int64) -> Bool {
        restored.contains(offset)
    }

    /// Notes that `offset` was handed out.
    package mutating func deliver(_ offset: Int64) -> Delivery {
        if let next {
            if offset < next { return .repeated }
        } else if offset < base {
            // The log begins anew, and what was done in it says nothing of what is there now.
            restored = RestoredOffsets(CompletedOffsets())
        }
        let isDone = restored.pass(offset)
        next = offset + 1
        if inFlight == 0 { watermark = isDone ? next : offset }
        if isDone { return .done }
        entries.append(Entry(offset: offset))
        inFlight += 1
        return .new
    }

    /// Notes that `offset` is done. Returns whether the watermark rose.
    package mutating func complete(_ offset: Int64) -> Bool {
        guard let index = index(of: offset), !entries[index].isDone else { return false }
        entries[index].isDone = true
        inFlight -= 1
        let isFirst = index == head
        while head < entries.count, entries[head].isDone { head += 1 }
        watermark = head < entries.count ? entries[head].offset : next
        // Seldom enough that it costs each completion next to nothing.
        if entries.count > 2 * inFlight + 64 || inFlight == 0 {
            entries.removeAll(where: \.isDone)
            head = 0
        }
        return isFirst
    }

    /// The offsets beyond the watermark that are done.
    package var completed: CompletedOffsets {
        var completed = CompletedOffsets()
        guard let watermark, let next else { return restored.rest }
        var position = watermark
        for entry in entries[head...] where !entry.isDone {
            if position < entry.offset { completed.append(position...(entry.offset - 1)) }
            position = entry.offset + 1
        }
        if position < next { completed.append(position...(next - 1)) }
        for run in restored.rest.runs { completed.append(run) }
        return completed
    }

    private func index(of offset: Int64) -> Int? {
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].offset == offset ? low : nil
    }
}

// MARK: Room in the commit

extension OffsetTracker {
    /// Whether `offset` may be delivered so that, whatever of what is in flight completes and in whatever order, `completed` can be
    /// encoded from the watermark. Takes the same time however much is in flight.
    ///
    /// It may whenever nothing is in flight: nothing beyond it is done then. It may as well where something beyond it is restored. What
    /// is not done before that was in flight when the commit was made, and there was room then for each part of it to complete. (If the
    /// limit has been lowered since, it may be too long until that is passed.)
    ///
    /// - Parameter limit: the most characters that the text may have.
    package func hasRoom(for offset: Int64, limit: Int) -> Bool {
        if let last = restored.last, offset <= last { return true }
        guard inFlight > 0, let watermark else { return true }
        let room = CompletedOffsets.bytes(within: limit)
        let span = offset - watermark
        return span / 8 < room || longestRunLengths(span: span) <= room
    }

    /// A bound of the bytes that run lengths may take, if another offset is delivered and nothing is restored beyond it.
    ///
    /// Each run lies behind an offset that is in flight now, so there are no more runs than of those. The distance to a run is a number
    /// of offsets in flight, and the lengths make up no more than the span. Of numbers with the sum s, no more than s / 2^7 take a second
    /// byte, no more than s / 2^14 a third, and so on.
    private func longestRunLengths(span: Int64) -> Int {
        func bytes(ofNumbersUpTo sum: Int64) -> Int {
            var bytes = inFlight
            var longer = sum >> 7
            while longer > 0 {
                bytes += min(inFlight, Int(longer))
                longer >>= 7
            }
            return bytes
        }
        return bytes(ofNumbersUpTo: Int64(inFlight)) + bytes(ofNumbersUpTo: span)
    }
}
