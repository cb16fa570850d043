/// The claims of one loop on request ids that it has seen last, in memory bounded by their number.
struct RecentClaims {
    private struct Entry {
        var claim: Claim
        /// Which of the key's places in `order` is this one's.
        let ticket: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    /// Keys in the order in which they were claimed, as a ring. One that was claimed anew has left a stale place.
    private var order: [(key: String, ticket: UInt64)] = []
    private var oldest = 0
    private var lastTicket: UInt64 = 0

    /// - Parameter capacity: ids to remember.
    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// Claims an id for a message.
    mutating func claim(_ key: String, for origin: String) -> ClaimOutcome {
        if let held = entries[key]?.claim {
            let outcome = held.outcome(for: origin)
            if outcome != .granted || held.origin == origin { return outcome }
        }
        lastTicket += 1
        entries[key] = Entry(claim: Claim(origin: origin, state: .open), ticket: lastTicket)
        if order.count < capacity {
            order.append((key, lastTicket))
        } else {
            let evicted = order[oldest]
            if entries[evicted.key]?.ticket == evicted.ticket { entries[evicted.key] = nil }
            order[oldest] = (key, lastTicket)
            oldest = (oldest + 1) % capacity
        }
        return .granted
    }

    /// Notes how the claim of a message has ended.
    mutating func finish(_ key: String, by origin: String, as state: Claim.State) {
        if entries[key]?.claim.origin == origin { entries[key]?.claim.state = state }
    }

    /// Takes over what others know better of an id that has been claimed here.
    mutating func correct(_ key: String, to claim: Claim) {
        entries[key]?.claim = claim
    }
}
