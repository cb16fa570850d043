import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT, for commands that run until they are told to stop.
enum Signals {
    /// Returns when the process is asked to stop.
    static func firstToStop() async {
        await withCheckedContinuation { continuation in
            let answered = Atomic(false)
            watch([SIGTERM, SIGINT]) { _ in
                if !answered.exchange(true, ordering: .relaxed) { continuation.resume() }
            }
        }
    }

    /// From now on a second SIGINT ends the process at once, whatever it is doing.
    static func exitOnSecondInterrupt() {
        let count = Atomic(0)
        watch([SIGINT]) { more in
            if count.wrappingAdd(more, ordering: .relaxed).newValue >= 2 { _exit(130) }
        }
    }

    /// - Parameter handler: is told how many have come since it last was: two that follow closely come as one event.
    private static func watch(_ signals: [Int32], handler: @escaping @Sendable (Int) -> Void) {
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler { handler(Int(source.data)) }
            source.resume()
            // It stays for the life of the process.
            _ = Unmanaged.passRetained(source as AnyObject)
        }
    }
}
