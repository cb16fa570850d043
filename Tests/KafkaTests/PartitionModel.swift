import TestSupport

@testable import Kafka

/// One partition's log, its last commit and its consumer, said plainly: a list of records that is searched anew for every question.
struct PartitionModel {
    struct Failure: Error {
        let message: String
    }

    private struct Record {
        let offset: Int64
        /// False once compaction or retention has removed it.
        var exists = true
        var isDone = false
        var isOpen = false
        /// Whether the last commit says that it is done, which lies below it.
        var isCommitted = false
        /// Whether the commit that this assignment began with says so.
        var isRestored = false
    }

    /// How often what happened that a test is to be about.
    struct Tally {
        var pauses = 0
        var restored = 0
        var rewinds = 0

        static func += (left: inout Tally, right: Tally) {
            left.pauses += right.pauses
            left.restored += right.restored
            left.rewinds += right.rewinds
        }
    }

    private var random: SeededGenerator
    private let limit: Int
    private let longestGap: Int64
    private(set) var tally = Tally()

    private var records: [Record] = []
    /// The offset of the record that is written next.
    private var end: Int64
    private var committed: Int64?
    private var metadata: String?
    /// The last offset of which the commit says that it is done.
    private var committedEnd: Int64 = -1

    private var tracker = OffsetTracker()
    /// The place in `records` of what is delivered next.
    private var position = 0
    private var lastDelivered: Int64?
    /// The places of what is in flight, in order.
    private var open: [Int] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        limit = [16, 20, 28, 40, 64, 100, 200, 4_096].randomElement(using: &random) ?? 16
        longestGap = [1, 2, 20, 1_000, 1_000_000].randomElement(using: &random) ?? 1
        end = Bool.random(using: &random) ? 0 : Int64.random(in: 0..<1 << 40, using: &random)
    }

    /// A life of a partition with up to `steps` events, and at its end everything is worked off.
    mutating func run(steps: Int) throws(Failure) {
        // Some schedules complete much, others let much lie; some crash all the time, others never.
        let completions = Int.random(in: 1...40, using: &random)
        let mishaps = Int.random(in: 0...12, using: &random)
        for _ in 0..<steps {
            switch Int.random(in: 0..<50 + completions + mishaps, using: &random) {
            case 0..<15: append(Int.random(in: 1...12, using: &random))
            case 15..<40: _ = try deliver(atMost: Int.random(in: 1...12, using: &random))
            case 40..<48: try commit()
            case 48..<50: compact()
            case 50..<50 + completions: complete()
            default: try meetMishap()
            }
        }
        try workOff()
    }

    // MARK: The log

    private mutating func append(_ count: Int) {
        for _ in 0..<count {
            if longestGap > 1, Int.random(in: 0..<4, using: &random) == 0 { end += Int64.random(in: 1..<longestGap, using: &random) }
            records.append(Record(offset: end))
            end += 1
        }
    }

    private mutating func compact() {
        for index in records.indices where Int.random(in: 0..<4, using: &random) == 0 { records[index].exists = false }
    }

    /// What is oldest is removed, done or not.
    private mutating func expire() {
        guard !records.isEmpty else { return }
        for index in 0..<Int.random(in: 0..<records.count, using: &random) { records[index].exists = false }
    }

    /// The end of the log is lost, as when a follower that is behind becomes the leader.
    private mutating func truncate() throws(Failure) {
        guard !records.isEmpty else { return }
        let place = Int.random(in: 0..<records.count, using: &random)
        let cut = records[place].offset
        records.removeSubrange(place...)
        tally.rewinds += 1
        if let committed, cut < committed {
            // The consumer comes back to a log that ends before what was committed, and begins at its start.
            records.append(Record(offset: cut))
            end = cut + 1
            try restore()
            position = 0
            for index in records.indices { records[index].isRestored = false }
            guard try deliver(atMost: 1) else {
                throw failure("stands still in a log that begins anew")
            }
            return try commit()
        }
        // Offsets that a commit calls done are not written again here: nobody could tell.
        if committedEnd < cut { end = cut }
        if position > place { restart() }
    }

    // MARK: The consumer

    /// Delivers what there is room for. Returns whether something was.
    private mutating func deliver(atMost count: Int) throws(Failure) -> Bool {
        var left = count
        while left > 0, position < records.count {
            let record = records[position]
            guard record.exists else {
                position += 1
                continue
            }
            guard tracker.hasRoom(for: record.offset, limit: limit) else {
                if open.isEmpty { throw failure("no room for \(record.offset), and nothing is in flight") }
                tally.pauses += 1
                break
            }
            switch tracker.deliver(record.offset) {
            case .new where !record.isRestored:
                open.append(position)
                records[position].isOpen = true
            case .done where record.isRestored: tally.restored += 1
            case let delivery: throw failure("\(record.offset) is \(delivery), and the commit says \(record.isRestored)")
            }
            lastDelivered = record.offset
            position += 1
            left -= 1
        }
        return left < count
    }

    private mutating func complete() {
        guard !open.isEmpty else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: finish(open[0])
        case 1:
            // The worst there is for the encoding.
            let every = Int.random(in: 1...3, using: &random)
            for (index, place) in open.enumerated() where index % (every + 1) == every { finish(place) }
        default: finish(open[Int.random(in: 0..<open.count, using: &random)])
        }
    }

    private mutating func finish(_ place: Int) {
        _ = tracker.complete(records[place].offset)
        open.removeAll { $0 == place }
        records[place].isOpen = false
        records[place].isDone = true
    }

    private mutating func commit() throws(Failure) {
        guard let watermark = tracker.watermark, let lastDelivered else { return }
        guard watermark == open.first.map({ records[$0].offset }) ?? lastDelivered + 1, tracker.inFlight == open.count,
            tracker.next == lastDelivered + 1
        else {
            throw failure(
                "the watermark is \(watermark), in flight are \(open.map { records[$0].offset }), the last delivered was \(lastDelivered)")
        }
        let completed = tracker.completed
        committedEnd = completed.runs.last?.upperBound ?? -1
        for index in records.indices {
            let record = records[index]
            let isCommitted = index < position ? !record.isOpen : record.isRestored
            records[index].isCommitted = isCommitted
            guard record.exists else { continue }
            if record.offset < watermark {
                guard record.isDone else { throw failure("\(record.offset) is not done, and the watermark is \(watermark)") }
            } else {
                guard completed.contains(record.offset) == isCommitted else {
                    throw failure("the commit says \(!isCommitted) of \(record.offset)")
                }
            }
        }
        committed = watermark
        switch completed.encoded(from: watermark, limit: limit) {
        case .none:
            metadata = nil
            if !completed.isEmpty { throw failure("what is done is not encoded") }
        case .text(let text):
            metadata = text
            if text.utf8.count > limit { throw failure("\(text.utf8.count) characters") }
            if CompletedOffsets(decoding: text, from: watermark) != completed { throw failure("\(text) is read as something else") }
        case .tooLong: throw failure("\(completed.runs) does not fit, from \(watermark)")
        }
    }

    // MARK: Assignments

    private mutating func meetMishap() throws(Failure) {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: try restore()
        case 2, 3:
            try commit()
            try restore()
        case 4: expire()
        default: try truncate()
        }
    }

    /// Begins an assignment with what was committed last.
    private mutating func restore() throws(Failure) {
        restart()
        guard let committed else { return }
        let completed = metadata.flatMap { CompletedOffsets(decoding: $0, from: committed) } ?? CompletedOffsets()
        tracker = OffsetTracker(resumingFrom: committed, completed: completed)
        position = records.firstIndex { $0.offset >= committed } ?? records.count
        for index in records.indices { records[index].isRestored = records[index].isCommitted }
    }

    /// Begins at the log's start, knowing nothing.
    private mutating func restart() {
        tracker = OffsetTracker()
        position = 0
        lastDelivered = nil
        open = []
        for index in records.indices {
            records[index].isRestored = false
            records[index].isOpen = false
        }
    }

    private mutating func workOff() throws(Failure) {
        while try deliver(atMost: .max) || !open.isEmpty {
            try commit()
            open.shuffle(using: &random)
            let finishing = open
            open.sort()
            for place in finishing {
                finish(place)
                if Int.random(in: 0..<8, using: &random) == 0 { try commit() }
            }
        }
        if records.contains(where: { $0.exists && !$0.isDone }) { throw failure("not all is done at the end") }
    }

    private func failure(_ message: String) -> Failure {
        Failure(message: "limit \(limit): \(message)")
    }
}
