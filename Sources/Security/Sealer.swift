/// Seals values, so that nobody without the key can read them or change them unnoticed, and opens them: AES-256-GCM with random nonces, by
/// OpenSSL. To be used by one thread at a time.
///
/// With random nonces a key is good for 2^32 values (NIST SP 800-38D, 8.3): for 30 days at 1,600 a second.
package final class Sealer {
    /// The most bytes that can be sealed.
    private static let largest = 1 << 30

    private var encryption = CipherContext(.encrypt)
    private var decryption = CipherContext(.decrypt)
    /// Drawn many at a time, which costs little more than one.
    private var nonces = [UInt8](repeating: 0, count: 64 * SealedValue.nonceSize)
    private var usedNonceBytes: Int

    package init() {
        usedNonceBytes = nonces.count
    }

    /// - Parameters:
    ///   - flags: kept with the value, readable for all.
    ///   - binding: what the value is for; it opens only with the same.
    package func seal(_ value: UnsafeRawBufferPointer, flags: UInt8 = 0, under key: SealingKey, binding: [UInt8]) -> [UInt8] {
        precondition(value.count <= Self.largest, "the value is too large to be sealed")
        let count = SealedValue.smallestSize + value.count
        return [UInt8](unsafeUninitializedCapacity: count) { output, used in
            let output = UnsafeMutableRawBufferPointer(start: output.baseAddress, count: count)
            withNonce { SealedValue.header(key: key.id, flags: flags, nonce: $0, into: output) }
            let header = UnsafeRawBufferPointer(rebasing: output[..<SealedValue.headerSize])
            binding.withUnsafeBytes { binding in
                encryption.encrypt(
                    value, key: key.secret, nonce: UnsafeRawBufferPointer(rebasing: header[SealedValue.nonceOffset...]),
                    associated: (header, binding), into: UnsafeMutableRawBufferPointer(rebasing: output[SealedValue.headerSize...]))
            }
            used = count
        }
    }

    /// - Parameters:
    ///   - binding: what the value was sealed for.
    ///   - secret: the key with an id; nil if there is none.
    /// - Returns: the value and its flags, as they were sealed.
    package func open(
        _ sealed: [UInt8], binding: [UInt8], secret: (UInt32) -> SecretKey?
    ) throws(SealedValueError) -> (value: [UInt8], flags: UInt8) {
        let count = sealed.count - SealedValue.smallestSize
        guard (0...Self.largest).contains(count), sealed[0] == SealedValue.version else { throw .malformed }
        let id = SealedValue.key(of: sealed)
        guard let key = secret(id) else { throw .unknownKey(id) }
        guard let value = decrypted(sealed, count, key, binding) else { throw .tampered }
        return (value, sealed[SealedValue.flagsOffset])
    }

    private func decrypted(_ sealed: [UInt8], _ count: Int, _ key: SecretKey, _ binding: [UInt8]) -> [UInt8]? {
        var isGenuine = false
        let value = [UInt8](unsafeUninitializedCapacity: count) { output, used in
            let output = UnsafeMutableRawBufferPointer(start: output.baseAddress, count: count)
            isGenuine = sealed.withUnsafeBytes { sealed in
                let header = UnsafeRawBufferPointer(rebasing: sealed[..<SealedValue.headerSize])
                return binding.withUnsafeBytes { binding in
                    decryption.decrypt(
                        UnsafeRawBufferPointer(rebasing: sealed[SealedValue.headerSize...]), key: key,
                        nonce: UnsafeRawBufferPointer(rebasing: header[SealedValue.nonceOffset...]), associated: (header, binding),
                        into: output)
                }
            }
            used = isGenuine ? count : 0
        }
        return isGenuine ? value : nil
    }

    private func withNonce(_ body: (UnsafeRawBufferPointer) -> Void) {
        if usedNonceBytes == nonces.count {
            nonces.withUnsafeMutableBufferPointer { RandomBytes.fill($0) }
            usedNonceBytes = 0
        }
        nonces.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[usedNonceBytes..<usedNonceBytes + SealedValue.nonceSize])) }
        usedNonceBytes += SealedValue.nonceSize
    }
}
