/// A data key as Redis keeps it.
struct WrappedKey: Equatable, Sendable {
    let id: UInt32
    /// Unix milliseconds, by Redis' clock.
    let created: Int64
    /// The key, sealed with a master secret.
    let sealed: [UInt8]

    init(id: UInt32, created: Int64, sealed: [UInt8]) {
        self.id = id
        self.created = created
        self.sealed = sealed
    }

    /// Its field in the hash: the id in eight hexadecimal digits.
    var field: String { Self.field(id) }

    /// Its value in the hash: when it was created, a space, and the sealed key.
    var stored: [UInt8] { Array("\(created) ".utf8) + sealed }

    /// Reads it back.
    ///
    /// - Returns: nil if it is none.
    init?(field: String, stored: [UInt8]) {
        guard let id = Self.id(field), let space = stored.firstIndex(of: UInt8(ascii: " ")),
            let created = Int64(String(decoding: stored[..<space], as: UTF8.self))
        else { return nil }
        self.init(id: id, created: created, sealed: Array(stored[(space + 1)...]))
    }

    static func field(_ id: UInt32) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    static func id(_ field: String) -> UInt32? {
        UInt32(field, radix: 16).flatMap { Self.field($0) == field ? $0 : nil }
    }
}

/// All data keys of a group, as Redis keeps them: a hash of the keys, and which of them is the newest.
struct WrappedKeyRing: Equatable, Sendable {
    static let newestField = "newest"

    private(set) var newest: UInt32?
    private(set) var keys: [UInt32: WrappedKey]

    init() {
        keys = [:]
    }

    /// - Parameter fields: the hash, name and value in turns. What is no key is left out.
    init(fields: [[UInt8]]) {
        self.init()
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let name = String(decoding: fields[index], as: UTF8.self)
            if name == Self.newestField {
                newest = WrappedKey.id(String(decoding: fields[index + 1], as: UTF8.self))
            } else if let key = WrappedKey(field: name, stored: fields[index + 1]) {
                keys[key.id] = key
            }
        }
    }

    /// Whether the newest key is as old as `age`, or there is none.
    ///
    /// - Parameters:
    ///   - now: unix milliseconds, by Redis' clock.
    ///   - age: in milliseconds.
    func needsRotation(now: Int64, after age: Int64) -> Bool {
        guard let created = newest.flatMap({ keys[$0] })?.created else { return true }
        return now - created >= age
    }

    /// Puts a new key in, unless another has been put in since the ring was read.
    ///
    /// - Returns: whether it was.
    mutating func rotate(_ rotation: Rotation) -> Bool {
        guard rotation.previous == newest else { return false }
        for key in rotation.rewrapped + [rotation.key] { keys[key.id] = key }
        newest = rotation.key.id
        return true
    }

    struct Rotation {
        /// The newest key of the ring that was read.
        let previous: UInt32?
        let key: WrappedKey
        /// Older keys, sealed anew.
        let rewrapped: [WrappedKey]
    }
}
