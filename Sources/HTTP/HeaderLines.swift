/// Looks up fields in header lines as they came over the wire.
enum HeaderLines {
    static func value(of name: UnsafeRawBufferPointer, in lines: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < lines.count {
            var end = start
            while end < lines.count, lines[end] != UInt8(ascii: "\n") { end += 1 }
            if end - start > name.count, lines[start + name.count] == UInt8(ascii: ":"), isSame(lines, at: start, as: name) {
                return trimmed(lines, from: start + name.count + 1, to: end)
            }
            start = end + 1
        }
        return nil
    }

    private static func isSame(_ lines: UnsafeRawBufferPointer, at start: Int, as name: UnsafeRawBufferPointer) -> Bool {
        for offset in 0..<name.count where lowercased(lines[start + offset]) != lowercased(name[offset]) { return false }
        return true
    }

    private static func trimmed(_ lines: UnsafeRawBufferPointer, from: Int, to: Int) -> UnsafeRawBufferPointer {
        var start = from
        var end = to
        while start < end, isSpace(lines[start]) { start += 1 }
        while end > start, isSpace(lines[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: lines[start..<end])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
