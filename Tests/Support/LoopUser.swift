/// A test's actor that lives on an event loop of its own, as the stages of the worker do.
package protocol LoopUser: Actor {
    /// Makes what lives on the loop.
    func start() async
    /// Lets go of it.
    func stop() async
    /// Ends the loop, when nothing lives on it any more.
    nonisolated func endLoop()
}

extension LoopUser {
    /// Starts some, runs `body` with them, and stops them, whatever came of it.
    package static func run(_ users: [Self], _ body: ([Self]) async throws -> Void) async throws {
        for user in users { await user.start() }
        let failure: (any Error)?
        do {
            try await body(users)
            failure = nil
        } catch {
            failure = error
        }
        for user in users { await user.stop() }
        for user in users { user.endLoop() }
        if let failure { throw failure }
    }
}
