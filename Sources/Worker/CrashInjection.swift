#if DEBUG
    internal import Foundation

    /// Lets a test see what becomes of a message that makes a worker crash: one that holds the text in `SWITCHYARD_CRASH_ON`. Only debug
    /// builds have it.
    enum CrashInjection {
        private static let text = ProcessInfo.processInfo.environment["SWITCHYARD_CRASH_ON"]

        static func crash(ifIn bytes: UnsafeRawBufferPointer) {
            guard let text, Data(bytes).range(of: Data(text.utf8)) != nil else { return }
            fatalError("the message holds \(text)")
        }
    }
#endif
