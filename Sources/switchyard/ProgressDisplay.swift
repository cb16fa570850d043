import Foundation

/// How far a long job is, on standard error: a bar with rate and time to go on a terminal, a plain line now and then elsewhere.
struct ProgressDisplay {
    private let title: String
    private let total: Int?
    private let isTerminal = Console.standardErrorIsTerminal
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant

    /// - Parameter total: how many items there are; nil if that is not known.
    init(_ title: String, total: Int?) {
        self.title = title
        self.total = total
        start = clock.now
        shown = start
    }

    /// Shows the state, unless it was shown a moment ago.
    mutating func update(_ done: Int, note: String = "") {
        let now = clock.now
        guard now - shown >= (isTerminal ? .milliseconds(100) : .seconds(2)) else { return }
        shown = now
        show(done, note)
    }

    /// Shows the last state and ends the line.
    mutating func finish(_ done: Int, note: String = "") {
        show(done, note)
        if isTerminal { Console.note("") }
    }

    private mutating func show(_ done: Int, _ note: String) {
        var line = Self.line(title, done: done, total: total, elapsed: clock.now - start, note: note, width: isTerminal ? 24 : 0)
        if isTerminal {
            // A line that wraps cannot be written over.
            line = String(line.prefix(Console.width - 1))
            FileHandle.standardError.write(Data(("\r\u{1B}[2K" + line).utf8))
        } else {
            Console.note(line)
        }
    }

    static func line(_ title: String, done: Int, total: Int?, elapsed: Duration, note: String, width: Int) -> String {
        let seconds = max(0.001, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
        let rate = Double(done) / seconds
        var parts = [title]
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            if width > 0 {
                let filled = Int(share * Double(width))
                parts.append("[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]")
            }
            parts.append("\(done)/\(total) \(Int(share * 100))%")
        } else {
            parts.append("\(done)")
        }
        parts.append("\(Int(rate))/s")
        if let total, done < total, rate > 0, note.isEmpty {
            let left = Int(Double(total - done) / rate)
            parts.append(left >= 60 ? "\(left / 60)m\(left % 60)s to go" : "\(left)s to go")
        }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: "  ")
    }
}
