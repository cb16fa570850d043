internal import NIOCore
internal import NIOPosix

/// When the connections of one event loop are to go on: by the millisecond, so that ten thousand of them need few timers.
final class Timetable {
    private struct Slot: NIOScheduledCallbackHandler {
        let timetable: Timetable
        let millisecond: UInt64

        func handleScheduledCallback(eventLoop: some EventLoop) {
            timetable.slots.removeValue(forKey: millisecond)?.forEach { $0.goOn() }
        }
    }

    /// Each thread sees only the value that it has set itself.
    nonisolated(unsafe) private static let ofThread = ThreadSpecificVariable<Timetable>()
    private var slots: [UInt64: [ConnectionHandler]] = [:]

    /// The timetable of the event loop whose thread this is.
    static var current: Timetable {
        if let timetable = ofThread.currentValue { return timetable }
        let timetable = Timetable()
        ofThread.currentValue = timetable
        return timetable
    }

    /// Lets a connection go on in the millisecond after a time.
    ///
    /// - Throws: an error of the event loop, if it is about to end.
    func add(_ connection: ConnectionHandler, at due: NIODeadline, _ loop: any EventLoop) throws {
        let millisecond = due.uptimeNanoseconds / Self.nanoseconds + 1
        if slots[millisecond] == nil {
            try loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(
                at: .uptimeNanoseconds(millisecond * Self.nanoseconds), handler: Slot(timetable: self, millisecond: millisecond))
        }
        slots[millisecond, default: []].append(connection)
    }

    private static let nanoseconds: UInt64 = 1_000_000
}
