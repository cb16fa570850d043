/// What a client has done since it was made.
package struct RedisStatistics: Sendable, Equatable {
    /// Commands handed to a connection, those of its own making included.
    package internal(set) var commands = 0
    /// Times the output buffer was handed to the socket. Fewer than `commands` as far as commands were sent together.
    package internal(set) var writes = 0
    package internal(set) var replies = 0
    /// Commands that got no reply in time.
    package internal(set) var timeouts = 0
    /// Connections that were made and greeted.
    package internal(set) var connections = 0
    /// Attempts to connect that failed.
    package internal(set) var failedAttempts = 0
}
