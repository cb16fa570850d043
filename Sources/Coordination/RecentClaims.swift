/// The claims of one loop on request ids that it has seen last, in memory bounded by their number and the bytes of their results.
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
    private var results: ResultBudget
    /// Keys in the order in which they were noted, as a ring. One that was noted anew has left a stale place.
    private var order: [(key: String, ticket: UInt64)] = []
    private var oldest = 0
    private var lastTicket: UInt64 = 0

    /// - Parameters:
    ///   - capacity: ids to remember.
    ///   - resultBytes: how many bytes the results may have together; the oldest go first, and their claims are open again.
    ///   - lifetime: how long a claim counts, in any unit.
    init(capacity: Int, resultBytes: Int, lifetime: Int64) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.lifetime = lifetime
        results = ResultBudget(limit: resultBytes)
    }

    /// Claims an id for a copy of a request.
    ///
    /// - Parameter now: in the unit of the lifetime.
    mutating func claim(_ key: String, for copy: RequestCopy, now: Int64) -> ClaimOutcome {
        change(key, now: now) { $0.asked(by: copy) }
    }

    /// Notes what a copy reports of its claim, unless another has it meanwhile.
    mutating func report(_ key: String, _ next: Claim, by copy: RequestCopy, now: Int64) {
        change(key, now: now) { $0.report(next, by: copy) }
    }

    /// Notes who has an id.
    mutating func note(_ key: String, _ claim: Claim, now: Int64) {
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
        account(key, claim, replacing: entry?.claim)
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
        if entries[evicted.key]?.ticket == evicted.ticket {
            entries[evicted.key] = nil
            results.remove(evicted.key)
        }
        order[oldest] = (key, lastTicket)
        oldest = (oldest + 1) % capacity
    }

    private mutating func account(_ key: String, _ claim: Claim, replacing old: Claim?) {
        if case .paid(let result) = claim.state {
            for gone in results.add(key, bytes: result.count) { entries[gone]?.claim.state = .open }
        } else if case .paid = old?.state {
            results.remove(key)
        }
    }
}
