internal import Envelope

/// A body that comes in pieces, as its lines, a few hundred at a time. Confined to its loop.
///
/// What comes faster than it is taken is kept up to a limit; then the body is broken off, and is to be asked for again without the lines
/// that have been taken. So a large file is never in memory as a whole.
final class LineReader {
    enum Stop: Error {
        case tooFast
        case lineTooLong
    }

    private var line: [UInt8] = []
    private var chunk: [[UInt8]] = []
    private var chunkBytes = 0
    private var ready: [[[UInt8]]] = []
    private var bytes = 0
    private var skip: Int
    private var isFinished = false
    private var waiter: UnsafeContinuation<Void, Never>?
    private let limit: Int

    private static let longestLine = 64 << 20
    private static let chunkSize = 256 << 10

    /// - Parameters:
    ///   - skipping: how many lines are known.
    ///   - limit: bytes that may wait to be taken.
    init(skipping: Int, limit: Int = 32 << 20) {
        skip = skipping
        self.limit = limit
    }

    func take(_ piece: UnsafeRawBufferPointer) throws(Stop) {
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line.append(contentsOf: rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        line.append(contentsOf: rest)
        guard line.count <= Self.longestLine else { throw .lineTooLong }
        // One chunk at least, however small the limit, so that each attempt gets further.
        guard bytes <= limit || ready.isEmpty else { throw .tooFast }
    }

    /// The body has ended.
    ///
    /// - Parameter isWhole: false leaves out what looks like a line and may be a part of one.
    func finish(isWhole: Bool) {
        if isWhole, !line.isEmpty { endLine() }
        endChunk()
        isFinished = true
        wake()
    }

    /// The next lines; nil if there are no more.
    func next(isolation: isolated (any Actor)? = #isolation) async -> [[UInt8]]? {
        while ready.isEmpty, !isFinished { await withUnsafeContinuation { waiter = $0 } }
        guard !ready.isEmpty else { return nil }
        let lines = ready.removeFirst()
        bytes -= lines.reduce(0) { $0 + $1.count }
        return lines
    }

    private func endLine() {
        defer { line = [] }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { return }
        guard skip == 0 else {
            skip -= 1
            return
        }
        bytes += line.count
        chunkBytes += line.count
        chunk.append(line)
        if chunkBytes >= Self.chunkSize { endChunk() }
    }

    private func endChunk() {
        guard !chunk.isEmpty else { return }
        ready.append(chunk)
        chunk = []
        chunkBytes = 0
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}
