internal import COpenSSL

/// Cryptographic digests, by OpenSSL.
package enum Digest {
    /// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        let result = EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, algorithm, nil)
        precondition(result == 1, "OpenSSL could not compute a SHA-256")
        return String(unsafeUninitializedCapacity: 64) { text in
            for (index, byte) in digest.enumerated() {
                text[2 * index] = digit(byte >> 4)
                text[2 * index + 1] = digit(byte & 15)
            }
            return 64
        }
    }

    /// Fetched once, for that takes longer than the digest of a short text.
    // Never freed, and never changed once it is there.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
