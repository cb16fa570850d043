/// Hashes of prompts.
package enum Fingerprint {
    /// Tells prompts apart: 64 bits, eight bytes a step.
    ///
    /// - Parameter salt: sets apart equal bytes that mean different things.
    static func of(_ bytes: UnsafeRawBufferPointer, salt: UInt64) -> UInt64 {
        var hash = (salt &+ UInt64(bytes.count)) &* 0x9E37_79B9_7F4A_7C15
        var cursor = 0
        while cursor &+ 8 <= bytes.count {
            hash = step(hash, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)))
            cursor &+= 8
        }
        var rest: UInt64 = 0
        while cursor < bytes.count {
            rest = rest << 8 | UInt64(bytes[cursor])
            cursor &+= 1
        }
        return step(hash, rest)
    }

    /// The digest with which an answer begins: 64-bit FNV-1a, which takes three lines in any language.
    package static func digest(_ text: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    private static func step(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
        return mixed ^ mixed >> 32
    }
}
