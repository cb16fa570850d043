/// A validated JSON value inside a larger text: its kind and where it stands.
package struct JSONValue: Hashable, Sendable {
    /// What the value is.
    package let kind: JSONKind

    /// True for a string that has at least one backslash escape.
    package let hasEscapes: Bool

    /// The value's bytes; a string's quotes and a container's brackets are included.
    package let range: ByteRange
}
