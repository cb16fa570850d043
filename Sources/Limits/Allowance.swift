internal import DequeModule

/// What an event loop has taken in advance and not used. A value without I/O; times are in microseconds of the loop's clock.
struct Allowance {
    private struct Slice {
        var amount: Need
        let from: Double
        let until: Double
        let taken: Double
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
    /// - Parameters:
    ///   - asked: the time of asking, from which what is not used counts as old.
    ///   - taken: when it was taken, by the store's clock.
    mutating func add(
        _ need: Need, extra: Need, first: Double, last: Double, asked: Double, taken: Double, now: Double, advance: Double
    ) {
        let count = last > first ? Double(Self.slicesOfGrant) : 1
        for index in 0..<Int(count) {
            let time = first + (last - first) * (count == 1 ? 0 : Double(index + 1) / count)
            let part = index + 1 < Int(count) ? (extra * (1 / count)).rounded : extra - (extra * (1 / count)).rounded * (count - 1)
            append(part, from: now + time, until: max(asked + time + advance, now + time + advance / 4), taken: taken)
        }
        append(need, from: now + first, until: max(asked + first + advance, now + first + advance / 4), taken: taken)
    }

    private static let slicesOfGrant = 8

    private mutating func append(_ amount: Need, from: Double, until: Double, taken: Double) {
        guard amount != .nothing else { return }
        let place = slices.lastIndex { $0.from <= from }.map { $0 + 1 } ?? 0
        slices.insert(Slice(amount: amount, from: from, until: until, taken: taken), at: place)
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
    ///
    /// - Returns: when the first of it was taken, by the store's clock; nil if it is not there.
    mutating func take(_ need: Need, of kinds: [BucketSpec.Kind], now: Double) -> Double? {
        guard let (count, rest) = reach(need, of: kinds, now: now, until: now) else { return nil }
        return consume(count, leaving: rest, now: now)
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
    private mutating func consume(_ count: Int, leaving rest: Need, now: Double) -> Double {
        var old: [Slice] = []
        var last: Slice?
        var taken = Double.infinity
        for _ in 0..<count {
            let slice = slices.removeFirst()
            if slice.until <= now {
                old.append(slice)
            } else {
                last = slice
                taken = min(taken, slice.taken)
            }
        }
        if let last, rest != .nothing {
            slices.prepend(Slice(amount: rest, from: last.from, until: last.until, taken: taken))
        }
        for slice in old.reversed() { slices.prepend(slice) }
        return taken
    }

    /// Takes out what is too old to be used.
    mutating func expired(now: Double) -> Leftover {
        var leftover = Leftover()
        slices.removeAll { slice in
            guard slice.until <= now else { return false }
            leftover.add(slice.amount, taken: slice.taken)
            return true
        }
        return leftover
    }

    /// Takes out everything.
    mutating func removeAll() -> Leftover {
        var leftover = Leftover()
        for slice in slices { leftover.add(slice.amount, taken: slice.taken) }
        slices = []
        return leftover
    }
}

/// What was taken and is not used, and what was used beyond that, to be told to the bucket.
struct Leftover: Equatable {
    var rest = Need.nothing
    var more = Need.nothing
    /// When the first of `rest` was taken, by the store's clock.
    var taken = Double.infinity

    var isEmpty: Bool { rest == .nothing && more == .nothing }

    mutating func add(_ rest: Need, taken: Double) {
        guard rest != .nothing else { return }
        self.rest = self.rest + rest
        self.taken = min(self.taken, taken)
    }

    mutating func add(_ other: Leftover) {
        add(other.rest, taken: other.taken)
        more = more + other.more
    }

    /// Notes what a call has used of what was reserved for it, or beyond that.
    mutating func add(reserved: Need, used: Need, taken: Double) {
        let (rest, more) = (reserved - used, used - reserved)
        add(rest.positive, taken: taken)
        self.more = self.more + more.positive
    }

    var settlement: Settlement { Settlement(rest: rest, more: more, taken: rest == .nothing ? 0 : taken) }
}
