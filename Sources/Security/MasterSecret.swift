internal import COpenSSL

/// The configured secret under which other keys are kept. Of the text only a derived key stays.
package struct MasterSecret: Sendable {
    /// What seals the keys. Its id tells this secret from others.
    package let key: SealingKey

    /// - Parameter text: at least 32 bytes that nobody can guess, as they are: what `openssl rand -base64 32` or `-hex 32` prints, say.
    /// - Throws: `MasterSecretError` if it is too short, or of too few different characters to be random.
    package init(_ text: String) throws(MasterSecretError) {
        var bytes = Array(text.utf8)
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        guard bytes.count >= 32 else { throw MasterSecretError(reason: "has \(bytes.count) bytes where at least 32 are needed") }
        guard Set(bytes).count >= 8 else { throw MasterSecretError(reason: "repeats so few characters that it can be guessed") }
        var key = KeyDerivation.derive(bytes, info: Array("switchyard key wrapping 1".utf8), count: SecretKey.size)
        let id = KeyDerivation.derive(bytes, info: Array("switchyard secret's id 1".utf8), count: 4)
        self.key = SealingKey(id: id.reduce(0) { $0 << 8 | UInt32($1) }, secret: SecretKey(wiping: &key))
    }
}

/// Why a text cannot be a master secret, without the text.
package struct MasterSecretError: Error, CustomStringConvertible, Equatable {
    /// As in `has 5 bytes where at least 32 are needed`.
    let reason: String

    /// To follow the secret's name in a message.
    package var description: String { "\(reason); take what `openssl rand -base64 32` prints" }
}
