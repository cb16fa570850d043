/// What an earlier assignment had done beyond the offset it committed, as far as it has not been delivered again. It is passed in rising
/// order.
struct RestoredOffsets: Sendable {
    private let runs: [ClosedRange<Int64>]
    /// The first run that is not passed as a whole.
    private var head = 0
    /// The first offset not passed.
    private var next: Int64 = 0

    init(_ completed: CompletedOffsets) {
        runs = completed.runs
    }

    /// The last offset not passed; nil if there is none.
    var last: Int64? { head < runs.count ? runs[runs.count - 1].upperBound : nil }

    /// The offsets not passed.
    var rest: CompletedOffsets {
        var rest = CompletedOffsets()
        for run in runs[head...] { rest.append(max(run.lowerBound, next)...run.upperBound) }
        return rest
    }

    /// Whether an offset that is not passed is done.
    func contains(_ offset: Int64) -> Bool {
        runs[head...].first { $0.upperBound >= offset }?.contains(offset) == true
    }

    /// Passes all offsets up to this one. Returns whether it is done.
    mutating func pass(_ offset: Int64) -> Bool {
        while head < runs.count, runs[head].upperBound < offset { head += 1 }
        guard head < runs.count else { return false }
        let isDone = runs[head].contains(offset)
        next = offset + 1
        if runs[head].upperBound == offset { head += 1 }
        return isDone
    }
}
