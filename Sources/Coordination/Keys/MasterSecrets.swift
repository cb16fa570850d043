package import Security

/// The configured secret that protects the data keys, and those that did before.
package struct MasterSecrets: Sendable {
    let current: MasterSecret
    private let secrets: [UInt32: SecretKey]

    /// - Parameters:
    ///   - key: the text of `encryption.key`.
    ///   - previous: the texts of `encryption.previous_keys`.
    /// - Throws: `MasterSecretsError` that names the key in the configuration.
    package init(key: String, previous: [String]) throws(MasterSecretsError) {
        current = try Self.secret(key, "encryption.key")
        var secrets = [current.key.id: current.key.secret]
        for (index, text) in previous.enumerated() {
            let key = try Self.secret(text, "encryption.previous_keys[\(index)]").key
            secrets[key.id] = key.secret
        }
        self.secrets = secrets
    }

    subscript(id: UInt32) -> SecretKey? { secrets[id] }

    private static func secret(_ text: String, _ name: String) throws(MasterSecretsError) -> MasterSecret {
        do {
            return try MasterSecret(text)
        } catch {
            throw MasterSecretsError(message: "\(name) \(error)")
        }
    }
}

package struct MasterSecretsError: Error, CustomStringConvertible, Equatable {
    package let message: String
    package var description: String { message }
}
