/// One header of a Kafka message.
package struct MessageHeader: Hashable, Sendable {
    package let name: String

    /// The value's bytes; its encoding depends on the name.
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A header whose value is UTF-8 text.
    package init(_ name: String, _ text: String) {
        self.init(name: name, value: Array(text.utf8))
    }
}
