/// What a sealed value looks like: a byte for the version, four for the key's id (big-endian), one for flags, the nonce, the ciphertext and
/// the tag. All before the ciphertext is authenticated with it, and so is what the value is bound to.
enum SealedValue {
    static let version: UInt8 = 1
    static let flagsOffset = 5
    static let nonceOffset = 6
    static let nonceSize = 12
    static let headerSize = nonceOffset + nonceSize
    static let tagSize = 16
    static let smallestSize = headerSize + tagSize

    static func header(key: UInt32, flags: UInt8, nonce: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        output[0] = version
        for index in 0..<4 { output[1 + index] = UInt8(truncatingIfNeeded: key >> (24 - 8 * index)) }
        output[flagsOffset] = flags
        UnsafeMutableRawBufferPointer(rebasing: output[nonceOffset..<headerSize]).copyMemory(from: nonce)
    }

    /// The id of the key, as it stands there.
    static func key(of value: [UInt8]) -> UInt32 {
        (1...4).reduce(0) { $0 << 8 | UInt32(value[$1]) }
    }
}

/// Why a sealed value is not opened.
package enum SealedValueError: Error, Equatable {
    /// There is no key with this id.
    case unknownKey(UInt32)
    /// It was changed after it was sealed, is bound to something else, or was sealed with another key of the same id.
    case tampered
    /// It is no sealed value, or of a later version.
    case malformed
}

/// A key and the number that values sealed with it carry.
package struct SealingKey: Sendable {
    package let id: UInt32
    package let secret: SecretKey

    package init(id: UInt32, secret: SecretKey) {
        self.id = id
        self.secret = secret
    }
}
