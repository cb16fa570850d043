/// Which scripts the server of this connection has, and under what digest.
struct ScriptTable {
    enum Entry {
        case loading
        case loaded(digest: [UInt8])
    }

    // By identity; a script stays alive with its entry, so that its identity is not used again.
    private var entries: [ObjectIdentifier: (script: RedisScript, entry: Entry)] = [:]

    subscript(script: RedisScript) -> Entry? {
        get { entries[ObjectIdentifier(script)]?.entry }
        set { entries[ObjectIdentifier(script)] = newValue.map { (script, $0) } }
    }

    mutating func removeAll() {
        entries.removeAll()
    }
}
