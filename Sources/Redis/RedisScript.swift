/// A Lua script. Made once and kept, since a client recognises it by its identity and sends the source only the first time.
package final class RedisScript: Sendable {
    /// What the script is called in error messages.
    package let name: String
    package let source: [UInt8]

    package init(name: String, source: String) {
        self.name = name
        self.source = Array(source.utf8)
    }
}
