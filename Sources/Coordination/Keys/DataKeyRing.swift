package import Security

/// A key that what is kept in Redis is sealed with.
package struct DataKey: Sendable {
    package let key: SealingKey
    /// Unix milliseconds, by Redis' clock.
    package let created: Int64

    init(key: SealingKey, created: Int64) {
        self.key = key
        self.created = created
    }
}

/// The keys that a worker knows.
package struct DataKeyRing: Sendable {
    /// Seals what is new; nil if there is no key.
    package let newest: DataKey?
    private let keys: [UInt32: DataKey]

    /// - Parameter newest: the id of the newest; if it is not among the keys, the one that was created last stands in.
    init(_ keys: [DataKey], newest: UInt32?) {
        let known = Dictionary(keys.map { ($0.key.id, $0) }) { first, _ in first }
        self.keys = known
        self.newest = newest.flatMap { known[$0] } ?? keys.max { ($0.created, $0.key.id) < ($1.created, $1.key.id) }
    }

    package subscript(id: UInt32) -> DataKey? { keys[id] }
}
