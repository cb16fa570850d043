/// A validated JSON string inside a larger text, such as an object's key.
package struct JSONString: Hashable, Sendable {
    /// The string's bytes without its quotes, escapes not yet resolved.
    package let content: ByteRange

    /// True if the content has at least one backslash escape.
    package let hasEscapes: Bool

    /// The string's bytes with its quotes.
    package var quoted: ByteRange { ByteRange(start: content.start - 1, end: content.end + 1) }
}
