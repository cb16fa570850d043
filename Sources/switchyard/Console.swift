import Foundation
import Logging

/// What commands say to the person, or the log collector, that reads standard error.
enum Console {
    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "switchyard") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    /// Writes a line to standard output at once, where `print` would wait for more.
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// The terminal's columns; 80 where they are not known.
    static var width: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    static var standardErrorIsTerminal: Bool { isatty(2) == 1 }
}
