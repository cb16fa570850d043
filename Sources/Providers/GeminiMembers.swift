import Envelope

/// The members of an object that is being written, each with a comma before it.
struct GeminiMembers: ~Copyable {
    var bytes = ByteWriter(capacity: 512)
    /// An object whose members come before those of the same names.
    var overriding: JSONView?
    private var names: [StaticString] = []

    var isEmpty: Bool { bytes.count == 0 }

    /// Begins a member: its value is to follow, unless false is returned because another comes before it.
    mutating func begin(_ name: StaticString) -> Bool {
        if overriding?[name] != nil { return false }
        beginMerged(name)
        return true
    }

    /// Begins a member that contains what the overriding one of that name has.
    mutating func beginMerged(_ name: StaticString) {
        names.append(name)
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":")
    }

    mutating func write(_ name: StaticString, _ value: JSONView) {
        if begin(name) { bytes.append(value.json) }
    }

    mutating func write(_ name: StaticString, _ number: Int) {
        if begin(name) { bytes.append(number) }
    }

    /// Adds a member as it stands in the request.
    ///
    /// - Parameter key: with its quotes.
    mutating func copy(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        bytes.append(",")
        bytes.append(key)
        bytes.append(":")
        bytes.append(value.json)
    }

    /// Adds the members of the overriding object, but for those that are merged already.
    mutating func copyOverriding() {
        overriding?.forEachMember { key, value in
            if value.kind != .null, !hasBegun(key.json) { copy(key.json, value) }
        }
    }

    /// - Parameter key: with its quotes.
    func hasBegun(_ key: UnsafeRawBufferPointer) -> Bool {
        names.contains { key.equals($0, at: ByteRange(start: 1, end: key.count - 1)) }
    }

    /// - Parameter isFirst: whether no member stands before these.
    func write(into writer: inout ByteWriter, isFirst: Bool) {
        writer.append(UnsafeRawBufferPointer(rebasing: bytes.bytes.dropFirst(isFirst ? 1 : 0)))
    }
}
