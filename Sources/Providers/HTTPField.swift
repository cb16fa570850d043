/// One HTTP header field.
package struct HTTPField: Hashable, Sendable {
    /// The name in lower case.
    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
