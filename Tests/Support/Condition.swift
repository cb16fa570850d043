/// Waits for what a test cannot be told about.
package enum Condition {
    /// Looks every few milliseconds until `holds` says so.
    ///
    /// - Throws: `SupportError` that names `what` when `limit` is over.
    package static func wait(
        for what: String, atMost limit: Duration = .seconds(20), isolation: isolated (any Actor)? = #isolation,
        until holds: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !holds() {
            guard ContinuousClock.now < deadline else { throw SupportError("waited \(limit) in vain for \(what)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
