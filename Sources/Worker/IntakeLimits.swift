/// How much one shard may have in flight.
struct IntakeLimits: Sendable {
    let requests: Int
    let bytes: Int

    /// One shard's share of the worker's limits.
    init(maxInFlight: Int, maxInFlightBytes: Int, shards: Int) {
        requests = max(1, (maxInFlight + shards - 1) / shards)
        bytes = max(1, maxInFlightBytes / shards)
    }

    /// How many more messages may be taken. A message of unknown size is let in as long as there is any room, so that one larger
    /// than the whole limit does not wait for ever.
    func room(beside state: IntakeState) -> Int {
        state.bytes >= bytes ? 0 : max(0, requests - state.requests)
    }
}

/// What one shard has in flight.
struct IntakeState: Sendable {
    private(set) var requests = 0
    private(set) var bytes = 0
    /// Whether messages may be waiting that were not taken for want of room.
    var isHeldBack = false

    mutating func add(bytes: Int) {
        requests += 1
        self.bytes += bytes
    }

    mutating func remove(bytes: Int) {
        requests -= 1
        self.bytes -= bytes
    }
}
