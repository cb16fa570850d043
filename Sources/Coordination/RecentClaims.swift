/// The claims of one loop on request ids that it has seen last, in memory bounded by their number.
struct RecentClaims {
    private let capacity: Int
    private var origins: [String: String] = [:]
    /// Keys in the order in which they came, as a ring; a released key leaves a stale entry, which is recognised by its origin.
    private var order: [(key: String, origin: String)] = []
    private var oldest = 0

    /// - Parameter capacity: ids to remember.
    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// Claims an id for a message, unless another message has it.
    ///
    /// - Returns: the message that has the id: `origin` or an earlier one.
    mutating func claim(_ key: String, for origin: String) -> String {
        if let holder = origins[key] { return holder }
        origins[key] = origin
        if order.count < capacity {
            order.append((key, origin))
        } else {
            let evicted = order[oldest]
            if origins[evicted.key] == evicted.origin { origins[evicted.key] = nil }
            order[oldest] = (key, origin)
            oldest = (oldest + 1) % capacity
        }
        return origin
    }

    /// Gives an id up, so that another message may have it.
    mutating func release(_ key: String, by origin: String) {
        if origins[key] == origin { origins[key] = nil }
    }
}
