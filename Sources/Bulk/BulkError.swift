/// Why a bulk job cannot go on, in words for the person who started it.
package struct BulkError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
