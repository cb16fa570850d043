internal import Glibc

/// Reads server-sent events from the pieces of a body, wherever the pieces are cut, as the WHATWG's standard has it.
///
/// An event is complete at its empty line; what stands after the last one is dropped at the end of the stream.
package struct SSEParser {
    /// The time to wait before connecting again that the stream has asked for last.
    package private(set) var reconnectionMilliseconds: Int?
    package private(set) var lastEventID = ""

    private let maxLineBytes: Int
    private let maxEventBytes: Int
    /// The beginning of a line whose end has not come yet.
    private var partial: [UInt8] = []
    private var data: [UInt8] = []
    private var type = ""
    private var hasData = false
    /// Whether a carriage return was the last byte, so that a line feed right after it belongs to the same line end.
    private var endedInReturn = false
    private var isFirstLine = true

    /// - Parameters:
    ///   - maxLineBytes: the longest line to accept.
    ///   - maxEventBytes: the most data to accept in one event.
    package init(maxLineBytes: Int = 1 << 20, maxEventBytes: Int = 4 << 20) {
        self.maxLineBytes = maxLineBytes
        self.maxEventBytes = maxEventBytes
    }

    /// Takes the next piece of the body.
    ///
    /// - Parameter onEvent: called with each event that the piece completes, in order.
    /// - Throws: `SSEError`, or what `onEvent` throws. The parser is of no use afterwards.
    package mutating func feed(_ piece: UnsafeRawBufferPointer, onEvent: (SSEEvent) throws -> Void) throws {
        var start = 0
        if endedInReturn, let first = piece.first {
            endedInReturn = false
            if first == UInt8(ascii: "\n") { start = 1 }
        }
        while start < piece.count {
            guard let end = Self.endOfLine(in: piece, from: start) else {
                try keep(UnsafeRawBufferPointer(rebasing: piece[start...]))
                return
            }
            try takeLine(UnsafeRawBufferPointer(rebasing: piece[start..<end]), onEvent)
            start = end + 1
            if piece[end] == UInt8(ascii: "\r") {
                if start == piece.count {
                    endedInReturn = true
                } else if piece[start] == UInt8(ascii: "\n") {
                    start += 1
                }
            }
        }
    }

    private static func endOfLine(in piece: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = piece.baseAddress else { return nil }
        let feed = memchr(base + start, Int32(UInt8(ascii: "\n")), piece.count - start).map { UnsafeRawPointer($0) - base }
        let limit = feed ?? piece.count
        return memchr(base + start, Int32(UInt8(ascii: "\r")), limit - start).map { UnsafeRawPointer($0) - base } ?? feed
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) throws {
        guard partial.count + bytes.count <= maxLineBytes else { throw SSEError.lineTooLong(limit: maxLineBytes) }
        partial.append(contentsOf: bytes)
    }

    private mutating func takeLine(_ rest: UnsafeRawBufferPointer, _ onEvent: (SSEEvent) throws -> Void) throws {
        guard !partial.isEmpty else {
            guard rest.count <= maxLineBytes else { throw SSEError.lineTooLong(limit: maxLineBytes) }
            return try interpret(rest, onEvent)
        }
        try keep(rest)
        var line: [UInt8] = []
        swap(&line, &partial)
        try line.withUnsafeBytes { try interpret($0, onEvent) }
        line.removeAll(keepingCapacity: line.capacity <= 65_536)
        partial = line
    }

    private mutating func interpret(_ whole: UnsafeRawBufferPointer, _ onEvent: (SSEEvent) throws -> Void) throws {
        var line = whole
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line = UnsafeRawBufferPointer(rebasing: line[3...]) }
        }
        guard !line.isEmpty else { return try dispatch(onEvent) }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
        let name = line[..<colon]
        var value = line[min(colon + 1, line.count)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            try appendData(UnsafeRawBufferPointer(rebasing: value))
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            if !value.isEmpty, value.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
                reconnectionMilliseconds = Int(String(decoding: value, as: UTF8.self)) ?? reconnectionMilliseconds
            }
        }
    }

    private mutating func appendData(_ value: UnsafeRawBufferPointer) throws {
        guard data.count + value.count + 1 <= maxEventBytes else { throw SSEError.eventTooLarge(limit: maxEventBytes) }
        if hasData { data.append(UInt8(ascii: "\n")) }
        hasData = true
        data.append(contentsOf: value)
    }

    private mutating func dispatch(_ onEvent: (SSEEvent) throws -> Void) throws {
        let type = type.isEmpty ? "message" : type
        self.type = ""
        guard hasData else { return }
        hasData = false
        try data.withUnsafeBytes { try onEvent(SSEEvent(type: type, data: $0, lastEventID: lastEventID)) }
        data.removeAll(keepingCapacity: data.capacity <= 65_536)
    }
}
