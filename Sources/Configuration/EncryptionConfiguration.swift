package import Coordination

/// How what lies in Redis is protected.
package struct EncryptionConfiguration: Sendable {
    /// Nil if there is no key.
    private let key: Secret?
    private let previousKeys: [Secret]
    /// The age in days at which the newest data key is replaced.
    package let rotationDays: Int

    init(_ settings: Settings) {
        key = settings.secret("encryption.key")
        previousKeys = settings.secrets("encryption.previous_keys")
        rotationDays = settings.integer("encryption.rotation_days")
    }

    package var hasKey: Bool { key != nil }

    /// The configured secrets; nil if there are none.
    ///
    /// - Throws: what kept one from being read, or makes it too weak.
    package func masterSecrets() throws(ConfigurationError) -> MasterSecrets? {
        guard let key else { return nil }
        var previous: [String] = []
        for secret in previousKeys { previous.append(try secret.reveal()) }
        let text = try key.reveal()
        do throws(MasterSecretsError) {
            return try MasterSecrets(key: text, previous: previous)
        } catch {
            var problems = Problems()
            problems.add(error.message)
            throw problems.error
        }
    }
}
