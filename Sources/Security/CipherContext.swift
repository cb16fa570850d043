internal import COpenSSL

/// AES-256-GCM in one direction, in a context of OpenSSL's that keeps the key which was used last: its schedule costs more than a small
/// value.
struct CipherContext: ~Copyable {
    enum Direction: Int32 {
        case decrypt = 0
        case encrypt = 1
    }

    private let context: OpaquePointer
    private let direction: Direction
    private var key: SecretKey?

    init(_ direction: Direction) {
        guard let context = EVP_CIPHER_CTX_new(),
            EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, nil, nil, direction.rawValue) == 1
        else { preconditionFailure("OpenSSL has no AES-256-GCM") }
        self.context = context
        self.direction = direction
    }

    deinit {
        // Wipes the key's schedule, too.
        EVP_CIPHER_CTX_free(context)
    }

    /// Encrypts, and makes the tag.
    ///
    /// - Parameters:
    ///   - nonce: 12 bytes, never used before with this key.
    ///   - associated: what is authenticated and not encrypted, in pieces.
    ///   - output: takes as much as the input has, and the tag.
    mutating func encrypt(
        _ input: UnsafeRawBufferPointer, key: SecretKey, nonce: UnsafeRawBufferPointer,
        associated: (UnsafeRawBufferPointer, UnsafeRawBufferPointer), into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(direction == .encrypt && output.count == input.count + SealedValue.tagSize)
        begin(key, nonce, associated)
        update(input, into: output.baseAddress)
        var length: Int32 = 0
        let tag = output.baseAddress.map { $0 + input.count }
        let isDone =
            EVP_CipherFinal_ex(context, tag?.assumingMemoryBound(to: UInt8.self), &length) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(SealedValue.tagSize), tag) == 1
        precondition(isDone, "OpenSSL could not encrypt")
    }

    /// Decrypts.
    ///
    /// - Parameters:
    ///   - input: the ciphertext and, after it, the tag.
    ///   - output: takes as much as the ciphertext.
    /// - Returns: whether the tag is right; if not, what was written must not be used.
    mutating func decrypt(
        _ input: UnsafeRawBufferPointer, key: SecretKey, nonce: UnsafeRawBufferPointer,
        associated: (UnsafeRawBufferPointer, UnsafeRawBufferPointer), into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(direction == .decrypt && input.count == output.count + SealedValue.tagSize)
        begin(key, nonce, associated)
        update(UnsafeRawBufferPointer(rebasing: input[..<output.count]), into: output.baseAddress)
        let tag = UnsafeMutableRawPointer(mutating: input.baseAddress.map { $0 + output.count })
        precondition(
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(SealedValue.tagSize), tag) == 1, "OpenSSL could not decrypt")
        var length: Int32 = 0
        var nothing: UInt8 = 0
        return EVP_CipherFinal_ex(context, &nothing, &length) == 1
    }

    private mutating func begin(
        _ key: SecretKey, _ nonce: UnsafeRawBufferPointer, _ associated: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)
    ) {
        precondition(nonce.count == SealedValue.nonceSize)
        let start = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let result: Int32
        if self.key === key {
            result = EVP_CipherInit_ex(context, nil, nil, nil, start, direction.rawValue)
        } else {
            result = key.withBytes {
                EVP_CipherInit_ex(context, nil, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), start, direction.rawValue)
            }
            self.key = key
        }
        precondition(result == 1, "OpenSSL does not take the key")
        update(associated.0, into: nil)
        update(associated.1, into: nil)
    }

    private func update(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer?) {
        guard !input.isEmpty else { return }
        var length: Int32 = 0
        let result = EVP_CipherUpdate(
            context, output?.assumingMemoryBound(to: UInt8.self), &length, input.baseAddress?.assumingMemoryBound(to: UInt8.self),
            Int32(input.count))
        precondition(result == 1 && Int(length) == input.count, "OpenSSL could not encrypt or decrypt")
    }
}
