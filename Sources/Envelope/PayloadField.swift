/// One field of a request that is meant for the provider, as byte ranges of the message.
package struct PayloadField: Hashable, Sendable {
    /// Which known field it is; ``RequestField/other`` for provider-specific ones.
    package let field: RequestField

    /// The key's bytes, quotes included.
    package let key: ByteRange

    /// The value's bytes.
    package let value: ByteRange

    package init(field: RequestField, key: ByteRange, value: ByteRange) {
        self.field = field
        self.key = key
        self.value = value
    }

    /// The whole member, from the key's first quote to the value's last byte.
    package var member: ByteRange { ByteRange(start: key.start, end: value.end) }
}
