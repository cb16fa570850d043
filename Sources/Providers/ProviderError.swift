package import Envelope

/// Why a call to a provider gave no answer that can be used.
package struct ProviderError: Error, Hashable, Sendable {
    package let code: ErrorCode

    /// What happened, for people; without secrets, at most 500 bytes of the provider's own words.
    package let message: String

    /// True if the same call may succeed later.
    package let retryable: Bool

    /// How long the provider wants to be left alone, in milliseconds; `nil` if it does not say.
    package let retryAfterMilliseconds: Int?

    /// The HTTP status; `nil` if the fault is in a body or in the connection.
    package let status: Int?

    /// The same error, with each of the secrets replaced that its words may repeat, also one that they break off in. Very short ones are
    /// left: they are in every text.
    package func hiding(_ secrets: [String]) -> ProviderError {
        var hidden = message
        for secret in secrets where secret.utf8.count >= 6 {
            if hidden.contains(secret) { hidden = hidden.replacing(secret, with: SecretMask.replacement) }
            let shortest = 4
            guard let cut = (shortest..<secret.count).reversed().first(where: { hidden.hasSuffix(secret.prefix($0)) }) else { continue }
            hidden = hidden.dropLast(cut) + SecretMask.replacement
        }
        guard hidden != message else { return self }
        return ProviderError(
            code: code, message: hidden, retryable: retryable, retryAfterMilliseconds: retryAfterMilliseconds, status: status)
    }

    /// - Parameter retryable: `nil` takes what the code says.
    package init(
        code: ErrorCode, message: String, retryable: Bool? = nil, retryAfterMilliseconds: Int? = nil, status: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.retryable = retryable ?? code.retryable
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.status = status
    }
}
