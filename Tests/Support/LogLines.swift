package import Logging
internal import Synchronization

/// What was logged, for tests that look at it, or wait for something that shows nowhere else.
package final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    package var logger: Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    /// The messages, each after its level, as in `warning: the disk is full`.
    package var messages: [String] { lines.withLock { $0 } }

    package func contain(_ text: String) -> Bool {
        lines.withLock { $0.contains { $0.contains(text) } }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(lines: LogLines) {
            self.lines = lines
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
