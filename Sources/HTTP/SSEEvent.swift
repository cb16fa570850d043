/// One event of a stream of server-sent events.
package struct SSEEvent {
    /// The event's type; `message` unless the stream names another.
    package let type: String
    /// The data lines, joined by line feeds. Valid only during the call that hands the event over.
    package let data: UnsafeRawBufferPointer
    /// The last id that the stream has set, in this event or before; empty if none.
    package let lastEventID: String
}
