/// A value that is never shown, known by a reference to where it is kept.
package struct Secret: Sendable {
    /// `env:NAME` or `file:PATH`.
    package let reference: String
    private let content: Result<String, ConfigurationError>

    init(reference: String, content: Result<String, ConfigurationError>) {
        self.reference = reference
        self.content = content
    }

    /// The value itself.
    ///
    /// - Throws: what kept it from being read, naming key and reference.
    package func reveal() throws(ConfigurationError) -> String {
        try content.get()
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let mask = "********"

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A value written out in the configuration, or a secret that it only refers to.
package enum ConfiguredText: Sendable {
    case literal(String)
    case secret(Secret)

    /// The value itself.
    ///
    /// - Throws: what kept the secret from being read.
    package func reveal() throws(ConfigurationError) -> String {
        switch self {
        case .literal(let text): text
        case .secret(let secret): try secret.reveal()
        }
    }
}
