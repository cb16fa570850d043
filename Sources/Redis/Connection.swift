/// One connection to Redis. Knows of bytes and replies, not of who waits for them.
///
/// What is sent during a turn of the loop goes to the socket in one piece at the turn's end.
class Connection {
    enum Event {
        case connected
        /// Replies in the order of the commands.
        case replies([RedisValue])
        case ended(ConnectionEnd)
    }

    var builder = ReplyBuilder()
    var writes = 0
    /// Called on the loop, never from within a call of this object's methods.
    var onEvent: ((Event) -> Void)?
    private var batch: [RedisValue] = []

    init(onEvent: @escaping (Event) -> Void) {
        self.onEvent = onEvent
    }

    /// Puts a command into the output. Its bytes must be one whole command, followed in memory by a zero byte.
    func send(_ command: UnsafeBufferPointer<UInt8>) { preconditionFailure("each kind sends in its way") }

    /// Closes it without a further event.
    func drop() { preconditionFailure("each kind closes in its way") }

    final func deliver() {
        guard !builder.replies.isEmpty else { return }
        swap(&batch, &builder.replies)
        onEvent?(.replies(batch))
        batch.removeAll(keepingCapacity: batch.capacity <= 4096)
    }

    final func tellOfEnd(_ end: ConnectionEnd) {
        let tell = onEvent
        onEvent = nil
        tell?(.ended(end))
    }
}
