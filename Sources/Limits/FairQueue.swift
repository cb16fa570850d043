internal import DequeModule

/// Whose turn it is among what waits: tenants by weight, and within a tenant priorities by weight. A value without I/O.
///
/// Deficit round robin (Shreedhar and Varghese, "Efficient Fair Queuing using Deficit Round Robin", SIGCOMM 1995): a tenant whose turn
/// comes is granted its weight times a quantum, and goes on as long as that pays for what it has waiting. The quantum is the largest
/// cost so far, so that each turn brings at least one. Of two tenants that always have something waiting, each gets what its weight
/// says, but for a turn and one item. A tenant with nothing waiting saves nothing up. A tenant that may not go now keeps its place and
/// what it was granted.
struct FairQueue<Item> {
    /// Tells an item from others of the queue.
    struct Ticket: Hashable {
        fileprivate let tenant: Int
        fileprivate let priority: Int
        fileprivate let number: UInt64
    }

    private struct Entry {
        let item: Item
        let cost: Double
        let number: UInt64
    }

    private struct Tenant {
        let name: String
        var weight: Double
        var deficit = 0.0
        /// Whether it has been granted its quantum for this turn.
        var isGranted = false
        var queues = [Deque<Entry>](repeating: [], count: PriorityClasses.count)
        var classes = PriorityClasses()
        var count = 0
    }

    private var tenants: [Tenant] = []
    private var places: [String: Int] = [:]
    private var free: [Int] = []
    /// Tenants with something waiting, in the order of their turns.
    private var ring: Deque<Int> = []
    private var peeked: Int?
    private var quantum = 1.0
    private var lastNumber: UInt64 = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// What is next of each tenant.
    var firsts: [Item] {
        ring.compactMap { tenant in tenants[tenant].classes.next.flatMap { tenants[tenant].queues[$0].first?.item } }
    }

    /// The least of a value of all that waits; infinite if nothing does.
    func least(_ value: (Item) -> Double) -> Double {
        var least = Double.infinity
        for tenant in ring {
            for queue in tenants[tenant].queues { for entry in queue { least = min(least, value(entry.item)) } }
        }
        return least
    }

    /// - Parameters:
    ///   - weight: the tenant's, at least 1.
    ///   - priority: 0 to 9, the highest.
    ///   - cost: what counts against the tenant's share, more than 0.
    mutating func add(_ item: Item, tenant name: String, weight: Double, priority: Int, cost: Double) -> Ticket {
        quantum = max(quantum, cost)
        lastNumber += 1
        count += 1
        let tenant = place(of: name)
        tenants[tenant].weight = weight
        tenants[tenant].queues[priority].append(Entry(item: item, cost: cost, number: lastNumber))
        tenants[tenant].classes.activate(priority)
        tenants[tenant].count += 1
        if tenants[tenant].count == 1 { ring.append(tenant) }
        return Ticket(tenant: tenant, priority: priority, number: lastNumber)
    }

    /// Takes out an item before its turn; nil if it had it.
    mutating func remove(_ ticket: Ticket) -> Item? {
        guard ticket.tenant < tenants.count,
            let index = tenants[ticket.tenant].queues[ticket.priority].firstIndex(where: { $0.number == ticket.number })
        else { return nil }
        let entry = tenants[ticket.tenant].queues[ticket.priority].remove(at: index)
        left(ticket.tenant, ticket.priority)
        return entry.item
    }

    /// The item whose turn it is among the tenants that may go now, with its tenant. It stays where it is.
    mutating func peek(where mayGo: (String, Item) -> Bool) -> (tenant: String, item: Item)? {
        var index = 0
        while index < ring.count {
            let tenant = ring[index]
            guard let priority = tenants[tenant].classes.next, let entry = tenants[tenant].queues[priority].first,
                mayGo(tenants[tenant].name, entry.item)
            else {
                index += 1
                continue
            }
            if !tenants[tenant].isGranted {
                tenants[tenant].isGranted = true
                tenants[tenant].deficit += quantum * tenants[tenant].weight
            }
            if entry.cost <= tenants[tenant].deficit {
                peeked = tenant
                return (tenants[tenant].name, entry.item)
            }
            // Its turn is over.
            tenants[tenant].isGranted = false
            ring.remove(at: index)
            ring.append(tenant)
        }
        return nil
    }

    /// Takes out the item that `peek` has told of just before.
    mutating func takePeeked() -> Item? {
        guard let tenant = peeked, let priority = tenants[tenant].classes.next else { return nil }
        peeked = nil
        let entry = tenants[tenant].queues[priority].removeFirst()
        tenants[tenant].classes.advance(priority)
        tenants[tenant].deficit -= entry.cost
        left(tenant, priority)
        return entry.item
    }

    /// Takes out everything that `mustGo`.
    mutating func removeAll(where mustGo: (String, Item) -> Bool) -> [Item] {
        var items: [Item] = []
        for tenant in Array(ring) {
            for priority in 0..<PriorityClasses.count {
                let all = tenants[tenant].queues[priority]
                let going = all.filter { mustGo(tenants[tenant].name, $0.item) }
                guard !going.isEmpty else { continue }
                let numbers = Set(going.map(\.number))
                tenants[tenant].queues[priority].removeAll { numbers.contains($0.number) }
                items += going.map(\.item)
                for _ in going { left(tenant, priority) }
            }
        }
        return items
    }

    private mutating func place(of name: String) -> Int {
        if let known = places[name] { return known }
        let tenant = free.popLast() ?? tenants.count
        if tenant == tenants.count {
            tenants.append(Tenant(name: name, weight: 1))
        } else {
            tenants[tenant] = Tenant(name: name, weight: 1)
        }
        places[name] = tenant
        return tenant
    }

    /// Notes that an item has left its queue.
    private mutating func left(_ tenant: Int, _ priority: Int) {
        count -= 1
        tenants[tenant].count -= 1
        if tenants[tenant].queues[priority].isEmpty { tenants[tenant].classes.deactivate(priority) }
        guard tenants[tenant].count == 0 else { return }
        ring.removeAll { $0 == tenant }
        places[tenants[tenant].name] = nil
        free.append(tenant)
    }
}
