package import Envelope

/// That a provider's key has been set aside.
package struct KeyNotice: Sendable {
    /// The provider's configured name.
    package let provider: String
    /// The key's number among the provider's, from 1; the key itself is told to nobody.
    package let key: Int
    /// How many there are.
    package let count: Int
    /// The model that it may not use; nil if it may use none.
    package let model: String?
    package let reason: ErrorCode
    /// Milliseconds until it is tried again.
    package let pause: Double
}
