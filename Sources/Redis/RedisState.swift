/// Whether a client can serve commands.
package enum RedisState: Sendable, Equatable {
    /// A connection is being made, and commands wait for it.
    case connecting
    case available
    /// There is no connection, for the reason given; commands fail at once, and the client tries to connect again by itself.
    case unavailable(RedisError)
    case closed
}
