internal import DequeModule

/// Reports that were posted to Redis, as long as it is not known that they arrived: those of a connection that was lost are to be posted
/// again. A value without I/O, bounded by the number of reports and their bytes; the oldest are let go of first.
struct UnconfirmedReports {
    struct Report: Equatable {
        let key: String
        /// Whose claim it is, as the script wants it.
        let owner: String
        /// Whether the claim is finished by it.
        let isFinal: Bool
        /// The claim as it is stored.
        let stored: [UInt8]
    }

    private struct Entry {
        let report: Report
        let connection: Int
        let number: Int
    }

    private let capacity: Int
    private let byteLimit: Int
    private var entries: Deque<Entry> = []
    private var bytes = 0
    /// The number of the report that was added last.
    private(set) var last = 0

    init(capacity: Int, byteLimit: Int) {
        self.capacity = capacity
        self.byteLimit = byteLimit
    }

    /// Notes a report.
    ///
    /// - Parameter connection: the number of the connection on which it was posted.
    mutating func add(_ report: Report, on connection: Int) {
        last += 1
        entries.append(Entry(report: report, connection: connection, number: last))
        bytes += report.stored.count
        while entries.count > capacity || bytes > byteLimit { removeFirst() }
    }

    /// Notes that a command was answered that followed the report `number` on a connection: what was posted on it before has arrived.
    mutating func confirm(upTo number: Int, on connection: Int) {
        while let first = entries.first, first.number <= number, first.connection == connection { removeFirst() }
    }

    /// Takes out what was posted on other connections than this one, in order.
    mutating func takeLost(but connection: Int) -> [Report] {
        var lost: [Report] = []
        while let first = entries.first, first.connection != connection {
            lost.append(first.report)
            removeFirst()
        }
        return lost
    }

    private mutating func removeFirst() {
        bytes -= entries.removeFirst().report.stored.count
    }
}
