/// Why an answer does not fit its schema, in words for the model that is asked again.
///
/// It names members of the answer, so it is not for logs.
package struct Problem: Hashable, Sendable {
    /// The value that does not fit, as a JSON Pointer (RFC 6901); empty for the whole answer. Long names are cut, with `…` in their place.
    package let path: String

    /// What is wrong with it: "is a string, must be a number".
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// One line for the model: `/items/2/price: is a string, must be a number`.
    package var description: String {
        path.isEmpty ? "the answer \(message)" : "\(path): \(message)"
    }
}
