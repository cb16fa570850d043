/// The claims of one loop on request ids that it has seen last, in memory bounded by their number. Results are not kept: what was paid
/// for is open here.
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

    /// Claims an id for a copy of a request.
    ///
    /// - Parameter now: in the unit of the lifetime.
    mutating func claim(_ key: String, for copy: RequestCopy, now: Int64) -> ClaimOutcome {
        change(key, now: now) { $0.asked(by: copy) }
    }

    /// Notes what a copy reports of its claim, unless another has it meanwhile.
    mutating func report(_ key: String, _ next: Claim, by copy: RequestCopy, now: Int64) {
        guard !next.isPaid else { return }
        change(key, now: now) { $0.report(next, by: copy) }
    }

    /// Notes who has an id.
    mutating func note(_ key: String, _ claim: Claim, now: Int64) {
        var claim = claim
        if claim.isPaid { claim.state = .open }
        change(key, now: now) { $0 = claim }
    }

    /// A claim's time begins anew when it changes.
    private mutating func change<Result>(_ key: String, now: Int64, _ body: (inout Claim?) -> Result) -> Result {
        let entry = entries[key]
        let before = entry.flatMap { $0.expiry > now ? $0.claim : nil }
        var claim = before
        let result = body(&claim)
        guard let claim, claim != before else { return result }
        if let entry {
            entries[key] = Entry(claim: claim, expiry: now + lifetime, ticket: entry.ticket)
        } else {
            insert(key, claim, now: now)
        }
        return result
    }

    private mutating func insert(_ key: String, _ claim: Claim, now: Int64) {
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
