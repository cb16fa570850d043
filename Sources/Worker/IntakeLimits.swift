/// How much one shard may have taken and not finished.
struct IntakeLimits: Sendable {
    /// Requests that are worked on at once.
    let running: Int
    /// Further requests that are taken to choose from, by their priority and order.
    let waiting: Int
    let bytes: Int
    /// Nil if one partition may have all.
    let partitionRequests: Int?
    /// Nil if one partition may have all.
    let partitionBytes: Int?

    /// One shard's share of the worker's limits.
    init(maxInFlight: Int, maxInFlightBytes: Int, shards: Int, partitionRequests: Int? = nil, partitionBytes: Int? = nil) {
        running = max(1, (maxInFlight + shards - 1) / shards)
        waiting = min(1_000, max(100, running))
        bytes = max(1, maxInFlightBytes / shards)
        self.partitionRequests = partitionRequests
        self.partitionBytes = partitionBytes
    }

    /// How many more messages may be taken. A message of unknown size is let in as long as there is any room, so that one larger
    /// than the whole limit does not wait for ever.
    func room(beside load: IntakeLoad) -> Int {
        load.bytes >= bytes ? 0 : max(0, running + waiting - load.requests)
    }

    /// How many more messages of a partition may be taken.
    ///
    /// - Parameters:
    ///   - waiting: how many of them wait for their turn.
    ///   - partitions: how many partitions the shard has, of which none is to take all the places there are for waiting.
    func room(inPartitionWith load: IntakeLoad, waiting: Int, partitions: Int) -> Int {
        if let partitionBytes, load.bytes >= partitionBytes { return 0 }
        let share = max(100, self.waiting * 2 / max(1, partitions))
        return max(0, min((partitionRequests ?? .max) - load.requests, share - waiting))
    }
}

/// What has been taken and not finished.
struct IntakeLoad: Sendable {
    private(set) var requests = 0
    private(set) var bytes = 0

    mutating func add(bytes: Int) {
        requests += 1
        self.bytes += bytes
    }

    mutating func remove(bytes: Int) {
        requests -= 1
        self.bytes -= bytes
    }
}
