/// Why a connection ended by itself, or was not made.
struct ConnectionEnd: Error {
    /// Whether what the server sent was no Redis protocol.
    var isProtocolViolation = false
    let reason: String
}
