/// A URL or header that cannot be used. The description does not repeat what may hold a secret.
package struct HTTPInputError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
