/// The claims of one loop on request ids that it has seen last, in memory bounded by their number.
struct RecentClaims {
    private struct Entry {
        var claim: Claim
        /// Until when the claim counts.
        var expiry: Int64
        /// Which of the key's places in `order` is this one's.
        let ticket: UInt64
    }

    private let capacity: Int
    private let lifetime: Int64
    private var entries: [String: Entry] = [:]
    /// Keys in the order in which they were noted, as a ring. One that was noted anew has left a stale place.
    private var order: [(key: String, ticket: UInt64)] = []
    private var oldest = 0
    private var lastTicket: UInt64 = 0

    /// - Parameters:
    ///   - capacity: ids to remember.
    ///   - lifetime: how long a claim counts, in any unit.
    init(capacity: Int, lifetime: Int64) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.lifetime = lifetime
    }

    /// Claims an id for a message.
    ///
    /// - Parameter now: in the unit of the lifetime.
    mutating func claim(_ key: String, for origin: String, now: Int64) -> ClaimOutcome {
        if let held = entries[key], held.expiry > now {
            let outcome = held.claim.outcome(for: origin)
            if outcome != .granted || held.claim.origin == origin { return outcome }
        }
        note(key, Claim(origin: origin, state: .open), now: now)
        return .granted
    }

    /// Notes how the claim of a message has ended, unless another has it meanwhile.
    mutating func finish(_ key: String, by origin: String, as state: Claim.State) {
        if entries[key]?.claim.origin == origin { entries[key]?.claim.state = state }
    }

    /// Notes who has an id.
    mutating func note(_ key: String, _ claim: Claim, now: Int64) {
        if entries[key] != nil {
            entries[key]?.claim = claim
            entries[key]?.expiry = now + lifetime
            return
        }
        lastTicket += 1
        entries[key] = Entry(claim: claim, expiry: now + lifetime, ticket: lastTicket)
        if order.count < capacity {
            order.append((key, lastTicket))
            return
        }
        let evicted = order[oldest]
        if entries[evicted.key]?.ticket == evicted.ticket { entries[evicted.key] = nil }
        order[oldest] = (key, lastTicket)
        oldest = (oldest + 1) % capacity
    }
}
