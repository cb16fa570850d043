import Testing

@testable import Security

@Suite struct MasterSecretTests {
    private static let text = "correct horse battery staple, and 12 more"

    /// Computed with Python's hmac: another derivation would lose all keys in Redis.
    @Test func whatIsDerivedStaysTheSame() throws {
        let key = try MasterSecret(Self.text).key
        #expect(key.id == 0x5c340ad5)
        #expect(key.secret.withBytes { Array($0) } == bytes("a2c760258ed74f9dff040548da7017a1d3a6f62601ff87a49e93af16325390c7"))
    }

    @Test(arguments: [
        ("", "has 0 bytes"), ("hunter2", "has 7 bytes"), (String(text.prefix(31)), "has 31 bytes"),
        (String(repeating: "changeme", count: 5), "can be guessed"), (String(repeating: " ", count: 64), "can be guessed"),
    ])
    func aSecretThatCanBeGuessedIsRefused(text: String, reason: String) throws {
        let error = try #require(throws: MasterSecretError.self) { try MasterSecret(text) }
        #expect(error.description.contains(reason))
        #expect(error.description.contains("openssl rand"))
        #expect(text.isEmpty || !error.description.contains(text))
    }

    /// What `openssl rand` prints, in base64 and in hexadecimal digits.
    @Test(arguments: [
        "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        String(text.prefix(32)),
    ])
    func aSecretOfThirtyTwoBytesIsTaken(text: String) throws {
        #expect(try MasterSecret(text).key.id != MasterSecret(Self.text).key.id)
    }

    @Test func noDescriptionShowsAKey() throws {
        let secret = try MasterSecret(Self.text)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(secret.key.secret, to: &dumped)
        let shown =
            dumped + "\(secret) \(secret.key) \(secret.key.secret)" + String(reflecting: secret) + String(reflecting: secret.key.secret)
        #expect(shown.contains("a secret key"))
        // As decimal numbers, the way that dump shows an array or a tuple of bytes.
        let key = secret.key.secret.withBytes { $0.map { "\($0)" } }
        for part in [key.prefix(3).joined(separator: ", "), "- \(key[0])\n", "0x", "Pointer", "correct"] {
            #expect(!shown.contains(part), "\(shown)")
        }
    }
}
