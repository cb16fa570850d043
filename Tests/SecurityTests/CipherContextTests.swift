import Testing

@testable import Security

@Suite struct CipherContextTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let associated: String
        let plaintext: String
        let ciphertext: String
        let tag: String
    }

    private static let longKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    private static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    private static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    /// Those of 256 bits in McGrew and Viega's "The Galois/Counter Mode of Operation", submitted to NIST: test cases 13 to 16.
    static let vectors = [
        Vector(
            key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24), associated: "", plaintext: "", ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24), associated: "",
            plaintext: String(repeating: "0", count: 32), ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: longKey, nonce: "cafebabefacedbaddecaf888", associated: "", plaintext: plaintext, ciphertext: ciphertext,
            tag: "b094dac5d93471bdec1a502270e3cc6c"),
        Vector(
            key: longKey, nonce: "cafebabefacedbaddecaf888", associated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: String(plaintext.prefix(120)), ciphertext: String(ciphertext.prefix(120)), tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    /// One context for all, and each vector twice, so that the key is a new one and the last one; the associated data in two pieces.
    @Test func agreesWithTheStandard() {
        var encryption = CipherContext(.encrypt)
        var decryption = CipherContext(.decrypt)
        for vector in Self.vectors {
            var keyBytes = bytes(vector.key)
            let key = SecretKey(wiping: &keyBytes)
            #expect(keyBytes == Array(repeating: 0, count: 32))
            let associated = bytes(vector.associated)
            let expected = bytes(vector.ciphertext + vector.tag)
            for cut in [0, associated.count / 3] {
                let pieces = (Array(associated[..<cut]), Array(associated[cut...]))
                var sealed = [UInt8](repeating: 0, count: expected.count)
                var opened = [UInt8](repeating: 0, count: expected.count - 16)
                let isGenuine = bytes(vector.plaintext).withUnsafeBytes { plaintext in
                    bytes(vector.nonce).withUnsafeBytes { nonce in
                        pieces.0.withUnsafeBytes { first in
                            pieces.1.withUnsafeBytes { second in
                                sealed.withUnsafeMutableBytes {
                                    encryption.encrypt(plaintext, key: key, nonce: nonce, associated: (first, second), into: $0)
                                }
                                return expected.withUnsafeBytes { expected in
                                    opened.withUnsafeMutableBytes {
                                        decryption.decrypt(expected, key: key, nonce: nonce, associated: (first, second), into: $0)
                                    }
                                }
                            }
                        }
                    }
                }
                #expect(sealed == expected)
                #expect(isGenuine)
                #expect(opened == bytes(vector.plaintext))
            }
        }
    }
}
