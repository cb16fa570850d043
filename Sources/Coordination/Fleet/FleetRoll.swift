/// Who is in the fleet: workers give a heartbeat, and those that have been silent for too long are gone. What the scripts of ``FleetStore``
/// do in Redis.
struct FleetRoll {
    /// How large the fleet is.
    struct Count: Equatable {
        var workers = 0
        var loops = 0
    }

    struct Entry: Equatable {
        /// When its last heartbeat was, in unix milliseconds.
        let seen: Int64
        let loops: Int
        let state: [UInt8]
    }

    private(set) var entries: [String: Entry] = [:]

    /// Takes a worker's heartbeat, and drops who is gone.
    ///
    /// - Parameter silence: milliseconds after which a worker is gone.
    mutating func beat(_ id: String, loops: Int, state: [UInt8], silence: Int64, now: Int64) -> Count {
        entries[id] = Entry(seen: now, loops: loops, state: state)
        entries = live(silence: silence, now: now)
        return entries.values.reduce(into: Count()) { count, entry in
            count.workers += 1
            count.loops += entry.loops
        }
    }

    mutating func leave(_ id: String) {
        entries[id] = nil
    }

    func live(silence: Int64, now: Int64) -> [String: Entry] {
        entries.filter { $0.value.seen > now - silence }
    }
}
