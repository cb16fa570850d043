internal import COpenSSL

/// Keys that are made of a secret (HKDF with SHA-256, RFC 5869), by OpenSSL.
enum KeyDerivation {
    /// - Parameters:
    ///   - secret: what must be unknown to others, of any length.
    ///   - info: what the result is for; different ones tell nothing of each other.
    ///   - count: bytes to make, at most 8,160.
    static func derive(_ secret: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else { preconditionFailure("OpenSSL has no HKDF") }
        defer { EVP_PKEY_CTX_free(context) }
        var derived = [UInt8](repeating: 0, count: count)
        var length = count
        let isDone =
            EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
            && EVP_PKEY_CTX_set1_hkdf_salt(context, salt, Int32(salt.count)) == 1
            && EVP_PKEY_CTX_set1_hkdf_key(context, secret, Int32(secret.count)) == 1
            && EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(info.count)) == 1
            && EVP_PKEY_derive(context, &derived, &length) == 1
        precondition(isDone && length == count, "OpenSSL could not derive a key")
        return derived
    }
}
