internal import Glibc

/// Reads a file, or standard input, line by line with one buffer. Blocks.
package struct LineReader: ~Copyable {
    private let descriptor: Int32
    private let name: String
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// How many lines have been read.
    package private(set) var lineNumber = 0

    /// - Parameter path: a file, or `-` for standard input.
    /// - Throws: `BulkError` if the file cannot be opened.
    package init(path: String) throws(BulkError) {
        name = path
        descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BulkError("cannot read \(path): \(String(cString: strerror(errno)))") }
        buffer = .allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit {
        if descriptor > 0 { close(descriptor) }
        buffer.deallocate()
    }

    /// The next line without its line end; valid until the next call. Nil at the end.
    ///
    /// - Throws: `BulkError` if the file cannot be read.
    package mutating func next() throws(BulkError) -> UnsafeRawBufferPointer? {
        var scanned = start
        while true {
            if let newline = memchr(buffer.baseAddress! + scanned, 0x0a, end - scanned) {
                let length = UnsafeRawPointer(newline) - UnsafeRawPointer(buffer.baseAddress! + start)
                return take(length, skipping: 1)
            }
            if isAtEnd { return end > start ? take(end - start, skipping: 0) : nil }
            scanned = end
            let moved = try fill()
            scanned -= moved
        }
    }

    private mutating func take(_ length: Int, skipping terminator: Int) -> UnsafeRawBufferPointer {
        var line = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
        start += length + terminator
        lineNumber += 1
        if lineNumber == 1, line.starts(with: [0xef, 0xbb, 0xbf]) { line = UnsafeRawBufferPointer(rebasing: line.dropFirst(3)) }
        if line.last == 0x0d { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
        return line
    }

    /// Reads more behind what is there. Returns by how much the content was moved towards the front.
    private mutating func fill() throws(BulkError) -> Int {
        let moved = start
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            end -= start
            start = 0
        }
        if end == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        let count = read(descriptor, buffer.baseAddress! + end, buffer.count - end)
        guard count >= 0 else { throw BulkError("cannot read \(name): \(String(cString: strerror(errno)))") }
        if count == 0 { isAtEnd = true }
        end += count
        return moved
    }
}
