internal import Envelope

/// The answers that an event loop has at hand: so many bytes of them, of which those go first that were wanted least recently. A value
/// without I/O; times are in milliseconds of any clock.
struct MemoryCache {
    private struct Entry {
        let key: CacheKey
        let value: WrittenBytes
        let end: Int64
        /// Places of the entries that were wanted just after and just before.
        var newer: Int?
        var older: Int?
    }

    private let capacity: Int
    private(set) var bytes = 0
    private var entries: [Entry?] = []
    private var places: [CacheKey: Int] = [:]
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?

    /// What an entry takes beside its value, roughly.
    private static let overhead = 256

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { places.count }

    /// The answer, which is then the one wanted most recently; nil if there is none, or its time is over.
    mutating func value(of key: CacheKey, now: Int64) -> WrittenBytes? {
        guard let place = places[key], let entry = entries[place] else { return nil }
        guard entry.end > now else {
            remove(place)
            return nil
        }
        if place != newest {
            unlink(place)
            link(place)
        }
        return entry.value
    }

    /// Keeps an answer, unless it takes more than all the room.
    mutating func insert(_ value: WrittenBytes, for key: CacheKey, until end: Int64) {
        if let place = places[key] { remove(place) }
        guard Self.size(of: value) <= capacity else { return }
        while bytes + Self.size(of: value) > capacity, let oldest { remove(oldest) }
        let place = free.popLast() ?? entries.count
        let entry = Entry(key: key, value: value, end: end)
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        bytes += Self.size(of: value)
        link(place)
    }

    private static func size(of value: WrittenBytes) -> Int { value.bytes.count + overhead }

    private mutating func remove(_ place: Int) {
        guard let entry = entries[place] else { return }
        unlink(place)
        places[entry.key] = nil
        bytes -= Self.size(of: entry.value)
        entries[place] = nil
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        entries[place]?.older = newest
        entries[place]?.newer = nil
        if let newest { entries[newest]?.newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        guard let entry = entries[place] else { return }
        if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
        if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
    }
}
