/// Decides which requests libcurl has, and which wait for a connection, in order of arrival for each origin.
///
/// libcurl has a queue of its own, but one for all origins, in which a request for a host that is full holds up others; every
/// request in it keeps a handle with its buffers; and beyond one HTTP/2 connection's streams it opens a connection for each request
/// instead of one for all. So the requests of an origin that may speak HTTP/2 are dealt out to lanes, which libcurl takes for hosts
/// of their own. A lane needs one connection for HTTP/2, or one for each request for HTTP/1.1; the first request of a lane tries,
/// and the others wait until it is connected.
///
/// Requests are known here by the number of their slot.
struct Admission {
    /// Requests in one lane: as many streams as this client asks for on a connection.
    static let laneWidth = 100

    private struct Lane {
        var active = 0
        /// Active requests without a connection.
        var connecting = 0
        /// Whether connections are known to work.
        var isOpen = false
    }

    private struct Origin {
        /// Whether HTTP/2 is offered to it.
        var hasLanes = false
        /// Whether it is known to accept.
        var isMultiplexed = false
        var lanes = [Lane()]
        var busyLanes = 0
        var active = 0
        var failedTries = 0
        var isStarved = false
        /// The ends of the queue.
        var first: Int?
        var last: Int?

        var connections: Int { isMultiplexed ? busyLanes : active }
    }

    private struct Slot {
        var origin = 0
        var lane = 0
        var isWaiting = false
        /// Its neighbours in the queue.
        var previous: Int?
        var next: Int?
    }

    private let maxConnectionsPerHost: Int
    private let maxConnections: Int
    private var origins: [Origin] = []
    private var slots: [Slot] = []
    /// Origins that wait for nothing but the limit of all connections, in the order in which they get the next ones.
    private var starved: [Int] = []
    private var connections = 0
    private(set) var waiting = 0

    init(maxConnectionsPerHost: Int, maxConnections: Int) {
        precondition(maxConnectionsPerHost > 0 && maxConnections > 0, "at least one connection must be allowed")
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.maxConnections = maxConnections
    }

    /// Takes a new request.
    ///
    /// - Returns: whether it may start at once; otherwise it waits, and `next` will name it.
    mutating func submit(_ slot: Int, origin: Int, offersHTTP2: Bool) -> Bool {
        while origins.count <= origin { origins.append(Origin()) }
        while slots.count <= slot { slots.append(Slot()) }
        origins[origin].hasLanes = offersHTTP2
        slots[slot] = Slot(origin: origin)
        if origins[origin].first == nil, let lane = room(origin) {
            begin(slot, lane)
            return true
        }
        enqueue(slot)
        return false
    }

    /// The lane of a started request.
    func lane(of slot: Int) -> Int { slots[slot].lane }

    /// Notes that a started request has its connection.
    ///
    /// - Returns: whether that opened its lane, so that `next` may have requests to start.
    mutating func connected(_ slot: Int) -> Bool {
        let (origin, lane) = (slots[slot].origin, slots[slot].lane)
        origins[origin].failedTries = 0
        origins[origin].lanes[lane].connecting -= 1
        defer { origins[origin].lanes[lane].isOpen = true }
        return !origins[origin].lanes[lane].isOpen
    }

    /// Notes whether the origin answers over HTTP/2.
    mutating func setMultiplexed(_ origin: Int, _ isMultiplexed: Bool) {
        guard origins[origin].isMultiplexed != isMultiplexed else { return }
        connections -= origins[origin].connections
        origins[origin].isMultiplexed = isMultiplexed
        connections += origins[origin].connections
    }

    /// Notes that a started request has ended. Afterwards `next` may have requests to start.
    ///
    /// - Parameter wasConnected: whether `connected` was called for it.
    mutating func finished(_ slot: Int, wasConnected: Bool) {
        let (origin, lane) = (slots[slot].origin, slots[slot].lane)
        connections -= origins[origin].connections
        origins[origin].active -= 1
        origins[origin].lanes[lane].active -= 1
        if !wasConnected { origins[origin].lanes[lane].connecting -= 1 }
        if origins[origin].lanes[lane].active == 0 { origins[origin].busyLanes -= 1 }
        connections += origins[origin].connections
    }

    /// Notes that a finished request found no connection.
    ///
    /// - Returns: the waiting requests that share its fate, because a second try in a row has failed and the origin has no other
    ///   request at work; they no longer wait.
    mutating func connectFailed(_ slot: Int) -> [Int] {
        let origin = slots[slot].origin
        origins[origin].lanes[slots[slot].lane].isOpen = false
        origins[origin].failedTries += 1
        guard origins[origin].active == 0, origins[origin].failedTries >= 2 else { return [] }
        var sharing: [Int] = []
        while let slot = origins[origin].first {
            withdraw(slot)
            sharing.append(slot)
        }
        return sharing
    }

    /// Takes a request out of the queue, if it is in one.
    mutating func withdraw(_ slot: Int) {
        guard slots[slot].isWaiting else { return }
        let (origin, previous, next) = (slots[slot].origin, slots[slot].previous, slots[slot].next)
        if let previous { slots[previous].next = next } else { origins[origin].first = next }
        if let next { slots[next].previous = previous } else { origins[origin].last = previous }
        slots[slot].isWaiting = false
        waiting -= 1
    }

    /// Starts the next waiting request of this origin, or of one that was held back by the limit of all connections.
    ///
    /// - Returns: its slot, or nil if none can start.
    mutating func next(after origin: Int) -> Int? {
        while !starved.isEmpty, connections < maxConnections {
            let candidate = starved.removeFirst()
            origins[candidate].isStarved = false
            if let slot = start(candidate) {
                markIfStarved(candidate)
                return slot
            }
        }
        return start(origin)
    }

    private mutating func start(_ origin: Int) -> Int? {
        guard let slot = origins[origin].first else { return nil }
        guard let lane = room(origin) else {
            markIfStarved(origin)
            return nil
        }
        withdraw(slot)
        begin(slot, lane)
        return slot
    }

    private mutating func begin(_ slot: Int, _ lane: Int) {
        let origin = slots[slot].origin
        slots[slot].lane = lane
        if lane == origins[origin].lanes.count { origins[origin].lanes.append(Lane()) }
        connections -= origins[origin].connections
        if origins[origin].lanes[lane].active == 0 { origins[origin].busyLanes += 1 }
        origins[origin].active += 1
        origins[origin].lanes[lane].active += 1
        origins[origin].lanes[lane].connecting += 1
        connections += origins[origin].connections
    }

    private mutating func enqueue(_ slot: Int) {
        let origin = slots[slot].origin
        slots[slot].isWaiting = true
        slots[slot].previous = origins[origin].last
        if let last = origins[origin].last { slots[last].next = slot } else { origins[origin].first = slot }
        origins[origin].last = slot
        waiting += 1
        markIfStarved(origin)
    }

    /// The lane that the origin's next request may use; nil if it has to wait.
    private func room(_ origin: Int) -> Int? {
        guard let lane = roomOfItsOwn(origin) else { return nil }
        let state = origins[origin]
        let sharesConnection = state.isMultiplexed && lane < state.lanes.count && state.lanes[lane].active > 0
        return sharesConnection || connections < maxConnections ? lane : nil
    }

    /// The same without regard to the limit of all connections.
    private func roomOfItsOwn(_ origin: Int) -> Int? {
        let state = origins[origin]
        let width = state.hasLanes ? Self.laneWidth : Int.max
        guard state.active < maxConnectionsPerHost * (state.isMultiplexed ? width : 1) else { return nil }
        // The first ones before others, so that those at the end fall out of use.
        if let open = state.lanes.firstIndex(where: { $0.isOpen && $0.active < width }) { return open }
        // One connection after the other, as each may have room for all that wait.
        if state.lanes.contains(where: { !$0.isOpen && $0.connecting > 0 }) { return nil }
        if let closed = state.lanes.firstIndex(where: { !$0.isOpen && $0.active < width }) { return closed }
        return state.hasLanes && state.lanes.count < maxConnectionsPerHost ? state.lanes.count : nil
    }

    private mutating func markIfStarved(_ origin: Int) {
        guard connections >= maxConnections, !origins[origin].isStarved, origins[origin].first != nil, roomOfItsOwn(origin) != nil
        else { return }
        origins[origin].isStarved = true
        starved.append(origin)
    }
}
