internal import Configuration
internal import DequeModule
internal import Limits

/// Decides which of the waiting requests runs next. A value without I/O.
///
/// The priority classes share the turns by weight (`PriorityClasses`), within a class the partitions take turns, and within a partition
/// it goes by the order in which the requests could first have run. A request that is the d-th of its class and partition runs at the
/// latest with the d·n-th turn of its class, n being the number of partitions that have something waiting in it.
///
/// Where requests must not overtake each other, those of one key or partition form a chain: one of it runs or may run, the others are
/// parked behind it in order of arrival, whatever their priority.
struct Scheduler<Item> {
    /// The right to run, to be given back once.
    struct Turn: Sendable {
        fileprivate let partition: Int
        fileprivate let epoch: Int
        fileprivate let chain: Int?
    }

    private struct Entry {
        let item: Item
        let chain: Int?
    }

    private struct Chain {
        let key: [UInt8]
        var parked: Deque<(item: Item, priority: Int)> = []
    }

    private struct Partition {
        /// Tells the turns given since `removeAll` from those before.
        var epoch = 0
        /// Parked ones included.
        var count = 0
        /// What may run, by priority.
        var queues = [Deque<Entry>](repeating: [], count: PriorityClasses.count)
        var chains: [Chain] = []
        /// The places in `chains` that are out of use.
        var freeChains: [Int] = []
        var chainOfKey: [[UInt8]: Int] = [:]
    }

    private let ordering: WorkerConfiguration.Ordering
    private var classes = PriorityClasses()
    /// By priority, the partitions in which something may run, in the order of their turns.
    private var rings = [Deque<Int>](repeating: [], count: PriorityClasses.count)
    private var partitions: [Partition] = []
    /// How many items wait, those included that must not run yet.
    private(set) var count = 0

    init(ordering: WorkerConfiguration.Ordering) {
        self.ordering = ordering
    }

    var isEmpty: Bool { count == 0 }

    /// How many items of a partition wait.
    func count(of partition: Int) -> Int {
        partition < partitions.count ? partitions[partition].count : 0
    }

    /// Takes an item that is to wait for its turn.
    ///
    /// - Parameters:
    ///   - priority: 0 to 9, the highest.
    ///   - partition: a small number; there is a place in memory for each below it.
    ///   - key: the message's key. Items without one are in no order with others.
    mutating func add(_ item: Item, priority: Int, partition: Int, key: [UInt8]?) {
        while partitions.count <= partition { partitions.append(Partition()) }
        partitions[partition].count += 1
        count += 1
        guard let key = orderKey(key) else {
            enqueue(Entry(item: item, chain: nil), priority: priority, partition: partition)
            return
        }
        if let chain = partitions[partition].chainOfKey[key] {
            partitions[partition].chains[chain].parked.append((item, priority))
        } else {
            let chain = makeChain(key, partition: partition)
            enqueue(Entry(item: item, chain: chain), priority: priority, partition: partition)
        }
    }

    /// Takes out the item that runs next.
    ///
    /// - Returns: it, and the turn to give back to `finish` when it has ended; nil if none may run now.
    mutating func next() -> (item: Item, turn: Turn)? {
        guard let priority = classes.next, let partition = rings[priority].popFirst(),
            let entry = partitions[partition].queues[priority].popFirst()
        else { return nil }
        classes.advance(priority)
        if !partitions[partition].queues[priority].isEmpty { rings[priority].append(partition) }
        if rings[priority].isEmpty { classes.deactivate(priority) }
        partitions[partition].count -= 1
        count -= 1
        return (entry.item, Turn(partition: partition, epoch: partitions[partition].epoch, chain: entry.chain))
    }

    /// Notes that the item that had the turn has ended: the next of its key or partition may run.
    mutating func finish(_ turn: Turn) {
        guard let chain = turn.chain, turn.epoch == partitions[turn.partition].epoch else { return }
        if let (item, priority) = partitions[turn.partition].chains[chain].parked.popFirst() {
            enqueue(Entry(item: item, chain: chain), priority: priority, partition: turn.partition)
        } else {
            partitions[turn.partition].chainOfKey[partitions[turn.partition].chains[chain].key] = nil
            partitions[turn.partition].freeChains.append(chain)
        }
    }

    /// Forgets what waits of a partition, whose number may then be used for another. Turns given before count no more.
    ///
    /// - Returns: what waited, in no particular order.
    mutating func removeAll(of partition: Int) -> [Item] {
        guard partition < partitions.count else { return [] }
        var items: [Item] = []
        items.reserveCapacity(partitions[partition].count)
        for priority in 0..<PriorityClasses.count where !partitions[partition].queues[priority].isEmpty {
            items += partitions[partition].queues[priority].lazy.map(\.item)
            rings[priority].removeAll { $0 == partition }
            if rings[priority].isEmpty { classes.deactivate(priority) }
        }
        for chain in partitions[partition].chains { items += chain.parked.lazy.map(\.item) }
        count -= items.count
        partitions[partition] = Partition(epoch: partitions[partition].epoch + 1)
        return items
    }

    /// What an item shares with those that it must not overtake; nil if there are none.
    private func orderKey(_ key: [UInt8]?) -> [UInt8]? {
        switch ordering {
        case .unordered: nil
        case .key: key
        case .partition: []
        }
    }

    private mutating func makeChain(_ key: [UInt8], partition: Int) -> Int {
        let chain: Int
        if let free = partitions[partition].freeChains.popLast() {
            chain = free
            partitions[partition].chains[chain] = Chain(key: key)
        } else {
            chain = partitions[partition].chains.count
            partitions[partition].chains.append(Chain(key: key))
        }
        partitions[partition].chainOfKey[key] = chain
        return chain
    }

    private mutating func enqueue(_ entry: Entry, priority: Int, partition: Int) {
        if partitions[partition].queues[priority].isEmpty {
            if rings[priority].isEmpty { classes.activate(priority) }
            rings[priority].append(partition)
        }
        partitions[partition].queues[priority].append(entry)
    }
}
