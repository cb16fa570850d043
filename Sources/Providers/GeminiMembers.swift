import Envelope

/// The members of an object that is being written, each with a comma before it.
struct GeminiMembers: ~Copyable {
    var bytes = ByteWriter(capacity: 512)
    /// An object whose members come before those of the same names.
    var overriding: JSONView?
    private var names: [StaticString] = []

    var isEmpty: Bool { bytes.count == 0 }

    /// Begins a member, unless false is returned because the overriding object has it.
    mutating func beginUnlessGiven(_ name: StaticString) -> Bool {
        if overriding?[name] != nil { return false }
        begin(name)
        return true
    }

    /// Begins a member, whose value is to follow; it must contain what the overriding one of that name has.
    mutating func begin(_ name: StaticString) {
        names.append(name)
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":")
    }

    mutating func write(_ name: StaticString, _ value: JSONView) {
        if beginUnlessGiven(name) { bytes.append(value.json) }
    }

    mutating func write(_ name: StaticString, _ number: Int) {
        if beginUnlessGiven(name) { bytes.append(number) }
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

    /// Adds the members of the overriding object, but for those that have begun.
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
