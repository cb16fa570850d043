internal import Foundation
internal import Glibc
internal import Kafka

/// The results collected so far, in the order they came, beside the output file; and up to where the topic has been read.
/// Both survive a kill: what stands in the spool beyond the noted length is cut off when collecting goes on. Blocks.
final class ResultSpool {
    private struct State: Codable {
        struct Position: Codable {
            let topic: String
            let partition: Int32
            let offset: Int64
        }
        /// Of what is collected: another job does not go on from here.
        var job: String
        var bytes: Int
        var positions: [Position]
    }

    struct Entry {
        let start: Int
        let count: Int
        let timestamp: Int64
    }

    private let spoolPath: String
    private let statePath: String
    private let descriptor: Int32
    private let job: String
    private var buffer: [UInt8] = []
    private var length: Int

    /// The next offset to read of each partition that was read before.
    private(set) var positions: [TopicPartition: Int64] = [:]
    /// Where each id's response stands.
    private(set) var entries: [String: Entry] = [:]

    /// Whether an earlier run has left something for an output file.
    static func exists(for output: String) -> Bool {
        FileManager.default.fileExists(atPath: output + ".state")
    }

    /// Opens the spool of an output file, and takes up what an earlier run of the same job has left there.
    ///
    /// - Parameter job: what tells the job from others.
    /// - Throws: `BulkError` if the files cannot be read or written, or another run is writing them.
    init(output: String, job: String) throws(BulkError) {
        self.job = job
        spoolPath = output + ".partial"
        statePath = output + ".state"
        descriptor = open(spoolPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw BulkError("cannot write \(spoolPath): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw BulkError("another collect is writing \(output); wait for it, or give this one an output of its own")
        }
        length = 0
        guard let data = FileManager.default.contents(atPath: statePath) else {
            ftruncate(descriptor, 0)
            return
        }
        guard let state = try? JSONDecoder().decode(State.self, from: data) else {
            throw BulkError("\(statePath) is damaged; remove it and \(spoolPath) to collect from the beginning")
        }
        guard state.job == job else {
            ftruncate(descriptor, 0)
            return
        }
        length = state.bytes
        ftruncate(descriptor, off_t(length))
        for position in state.positions {
            positions[TopicPartition(topic: position.topic, partition: position.partition)] = position.offset
        }
        try index()
    }

    deinit {
        close(descriptor)
    }

    /// Adds a response. A line of the spool is the record's timestamp, a space, and the response.
    func append(_ id: String, _ response: UnsafeRawBufferPointer, timestamp: Int64) {
        let prefix = Array("\(timestamp) ".utf8)
        entries[id] = Entry(start: length + buffer.count + prefix.count, count: response.count, timestamp: timestamp)
        buffer.append(contentsOf: prefix)
        buffer.append(contentsOf: response)
        buffer.append(0x0a)
    }

    /// Makes what was appended, and the positions, last.
    func save(_ positions: [TopicPartition: Int64]) throws(BulkError) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, $0.count - written, off_t(length + written))
            }
            guard count > 0 else { throw BulkError("cannot write \(spoolPath): \(String(cString: strerror(errno)))") }
            written += count
        }
        length += written
        buffer.removeAll(keepingCapacity: true)
        self.positions = positions
        let state = State(
            job: job, bytes: length,
            positions: positions.map { State.Position(topic: $0.key.topic, partition: $0.key.partition, offset: $0.value) })
        do {
            try JSONEncoder().encode(state).write(to: URL(fileURLWithPath: statePath), options: .atomic)
        } catch {
            throw BulkError("cannot write \(statePath): \(error.localizedDescription)")
        }
    }

    /// Gives `body` the bytes of a response that has been saved.
    func withResponse(_ entry: Entry, _ body: (UnsafeRawBufferPointer) -> Void) throws(BulkError) {
        var bytes = [UInt8](repeating: 0, count: entry.count)
        guard pread(descriptor, &bytes, entry.count, off_t(entry.start)) == entry.count else {
            throw BulkError("cannot read \(spoolPath): \(String(cString: strerror(errno)))")
        }
        bytes.withUnsafeBytes(body)
    }

    func remove() {
        unlink(spoolPath)
        unlink(statePath)
    }

    private func index() throws(BulkError) {
        var reader = try LineReader(path: spoolPath)
        var start = 0
        while let line = try reader.next() {
            defer { start += line.count + 1 }
            guard let space = line.firstIndex(of: 0x20), let timestamp = Int64(String(decoding: line[..<space], as: UTF8.self)),
                let view = try? ResponseView(UnsafeRawBufferPointer(rebasing: line[(space + 1)...]))
            else { throw BulkError("\(spoolPath) is damaged; remove it and \(statePath) to collect from the beginning") }
            entries[view.id] = Entry(start: start + space + 1, count: line.count - space - 1, timestamp: timestamp)
        }
    }
}
