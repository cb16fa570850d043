/// Which of the ten priority classes has the next turn. A value without I/O.
///
/// Stride scheduling (Waldspurger and Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource Management", MIT, 1995):
/// class p has the weight 2^p, so of the classes that always have something waiting each gets twice as many turns as the one below.
/// A class that gets something to do starts at the present virtual time, with no credit for the time when it had nothing.
///
/// Nobody starves: before a turn of class p, each other class q has at most 2^(q-p) + 1 turns, rounded down; that is at most 1,031
/// turns of others between two of class 0, and 9 between two of class 9.
package struct PriorityClasses: Sendable {
    package static let count = 10

    /// The virtual time at which each class has its next turn.
    private var passes = [UInt64](repeating: 0, count: count)
    /// A bit for each class with something to do.
    private var active: UInt16 = 0
    private var virtualTime: UInt64 = 0

    package init() {}

    /// The class whose turn it is, the higher one of two; nil if none has anything to do.
    package var next: Int? {
        guard active != 0 else { return nil }
        var best = -1
        var rest = active
        while rest != 0 {
            let candidate = rest.trailingZeroBitCount
            if best < 0 || passes[candidate] <= passes[best] { best = candidate }
            rest &= rest - 1
        }
        return best
    }

    /// Notes that a class has something to do.
    package mutating func activate(_ priority: Int) {
        guard active & 1 << priority == 0 else { return }
        active |= 1 << priority
        passes[priority] = max(passes[priority], virtualTime)
    }

    /// Notes that a class has nothing to do.
    package mutating func deactivate(_ priority: Int) {
        active &= ~(1 << priority)
    }

    /// Notes that a class has had its turn.
    package mutating func advance(_ priority: Int) {
        virtualTime = passes[priority]
        passes[priority] += 1 << (Self.count - 1 - priority)
    }
}
