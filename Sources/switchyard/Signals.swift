import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT, for commands that run until they are told to stop.
enum Signals {
    /// Returns when the process is asked to stop.
    static func firstToStop() async {
        await withCheckedContinuation { continuation in
            let answered = Atomic(false)
            watch([SIGTERM, SIGINT]) {
                if !answered.exchange(true, ordering: .relaxed) { continuation.resume() }
            }
        }
    }

    /// From now on a second SIGINT ends the process at once, whatever it is doing.
    static func exitOnSecondInterrupt() {
        let count = Atomic(0)
        watch([SIGINT]) {
            if count.wrappingAdd(1, ordering: .relaxed).newValue == 2 { _exit(130) }
        }
    }

    private static func watch(_ signals: [Int32], handler: @escaping @Sendable () -> Void) {
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler(handler: handler)
            source.resume()
            // It stays for the life of the process.
            _ = Unmanaged.passRetained(source as AnyObject)
        }
    }
}
