/// Which results to let go of so that those in memory stay within a number of bytes: the oldest.
struct ResultBudget {
    private let limit: Int
    private var held: [String: (bytes: Int, ticket: UInt64)] = [:]
    /// Keys in the order in which they came. One that has gone, or come anew, has left a stale place.
    private var order: [(key: String, ticket: UInt64)] = []
    /// How many places at the beginning have been looked at.
    private var passed = 0
    private var lastTicket: UInt64 = 0
    private(set) var used = 0

    /// - Parameter limit: in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a result.
    ///
    /// - Returns: the keys whose results have to go for it, its own if it is larger than all may be.
    mutating func add(_ key: String, bytes: Int) -> [String] {
        remove(key)
        if order.count >= 2 * held.count + 64 { dropStalePlaces() }
        lastTicket += 1
        held[key] = (bytes, lastTicket)
        order.append((key, lastTicket))
        used += bytes
        var gone: [String] = []
        while used > limit {
            let oldest = order[passed]
            passed += 1
            guard isCurrent(oldest) else { continue }
            remove(oldest.key)
            gone.append(oldest.key)
        }
        return gone
    }

    mutating func remove(_ key: String) {
        if let (bytes, _) = held.removeValue(forKey: key) { used -= bytes }
    }

    private mutating func dropStalePlaces() {
        order = order.filter(isCurrent)
        passed = 0
    }

    private func isCurrent(_ place: (key: String, ticket: UInt64)) -> Bool {
        held[place.key]?.ticket == place.ticket
    }
}
