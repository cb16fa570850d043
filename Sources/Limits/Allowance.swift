internal import DequeModule

/// What an event loop has taken in advance and not used. A value without I/O; times are in microseconds of the loop's clock.
struct Allowance {
    private struct Slice {
        var amount: Need
        let from: Double
        let until: Double
    }

    /// In the order in which they may be used.
    private var slices: Deque<Slice> = []

    var isEmpty: Bool { slices.isEmpty }

    /// When more may be used than now; nil if there is no more to come.
    func nextUse(after now: Double) -> Double? {
        slices.first { $0.from > now }?.from
    }

    /// When the first of what is there may not be used any more.
    var nextEnd: Double? { slices.lazy.map(\.until).min() }

    /// What may be used, now or later.
    var total: Need { slices.reduce(.nothing) { $0 + $1.amount } }

    /// Takes in what a call needs that is there from `first`, and more that comes evenly until `last`.
    ///
    /// - Parameter asked: the time of asking, from which what is not used counts as old.
    mutating func add(_ need: Need, extra: Need, first: Double, last: Double, asked: Double, now: Double, advance: Double) {
        let count = last > first ? Double(Self.slicesOfGrant) : 1
        for index in 0..<Int(count) {
            let time = first + (last - first) * (count == 1 ? 0 : Double(index + 1) / count)
            let part = index + 1 < Int(count) ? (extra * (1 / count)).rounded : extra - (extra * (1 / count)).rounded * (count - 1)
            append(part, from: now + time, until: max(asked + time + advance, now + time + advance / 4))
        }
        append(need, from: now + first, until: max(asked + first + advance, now + first + advance / 4))
    }

    private static let slicesOfGrant = 8

    private mutating func append(_ amount: Need, from: Double, until: Double) {
        guard amount != .nothing else { return }
        let place = slices.lastIndex { $0.from <= from }.map { $0 + 1 } ?? 0
        slices.insert(Slice(amount: amount, from: from, until: until), at: place)
    }

    /// Whether what a call needs is there.
    ///
    /// - Parameter kinds: what is limited; the rest does not matter.
    func has(_ need: Need, of kinds: [BucketSpec.Kind], now: Double) -> Bool {
        reach(need, of: kinds, now: now, until: now) != nil
    }

    /// Whether it is there or will be.
    func willHave(_ need: Need, of kinds: [BucketSpec.Kind], now: Double) -> Bool {
        reach(need, of: kinds, now: now, until: .infinity) != nil
    }

    /// Takes out what a call needs, if it is there.
    mutating func take(_ need: Need, of kinds: [BucketSpec.Kind], now: Double) -> Bool {
        guard let (count, rest) = reach(need, of: kinds, now: now, until: now) else { return false }
        consume(count, leaving: rest, now: now)
        return true
    }

    /// How many slices a call needs, and what is left of the last one.
    private func reach(_ need: Need, of kinds: [BucketSpec.Kind], now: Double, until end: Double) -> (count: Int, rest: Need)? {
        var missing = need
        var count = 0
        for slice in slices {
            if slice.from > end { return nil }
            count += 1
            // What is too old is taken out by `expired`.
            if slice.until <= now { continue }
            missing = missing - slice.amount
            if kinds.allSatisfy({ missing[$0] <= 0 }) { return (count, missing * -1) }
        }
        return nil
    }

    /// Takes out the first slices, but for what is left of them. Old ones stay.
    private mutating func consume(_ count: Int, leaving rest: Need, now: Double) {
        var old: [Slice] = []
        var last: Slice?
        for _ in 0..<count {
            let slice = slices.removeFirst()
            if slice.until <= now { old.append(slice) } else { last = slice }
        }
        if let last, rest != .nothing { slices.prepend(Slice(amount: rest, from: last.from, until: last.until)) }
        for slice in old.reversed() { slices.prepend(slice) }
    }

    /// Takes out what is too old to be used.
    mutating func expired(now: Double) -> Need {
        var sum = Need.nothing
        slices.removeAll { slice in
            guard slice.until <= now else { return false }
            sum = sum + slice.amount
            return true
        }
        return sum
    }

    /// Takes out everything.
    mutating func removeAll() -> Need {
        defer { slices = [] }
        return total
    }
}
