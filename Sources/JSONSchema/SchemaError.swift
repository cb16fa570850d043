/// Why a text is no JSON Schema. What to do about it: correct the schema at that place.
package struct SchemaError: Error, Hashable, Sendable {
    /// Where in the schema, as a JSON Pointer (RFC 6901); empty for the whole schema.
    package let path: String

    /// What is wrong there: "minLength must be a whole number, 0 or more".
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// One line for people: `schema/properties/a: minLength must be a whole number, 0 or more`.
    package var description: String { "schema\(path): \(message)" }
}
