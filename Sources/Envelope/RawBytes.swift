import Glibc

extension UnsafeRawBufferPointer {
    /// Offset of the first byte at or after `start` that is a quote, a backslash, a control character or not ASCII; `count` if none is.
    func endOfPlainText(from start: Int) -> Int {
        var cursor = start
        while cursor &+ 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            let special = Self.specialBytes(in: word)
            if special != 0 { return cursor &+ special.trailingZeroBitCount >> 3 }
            cursor &+= 8
        }
        while cursor < count {
            let byte = self[cursor]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return cursor }
            cursor &+= 1
        }
        return cursor
    }

    /// Sets the top bit of each byte that ends plain text. Borrows may set bits above the first true one, so only the lowest counts.
    @inline(__always)
    private static func specialBytes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let control = (word &- (ones &* 0x20)) & ~word
        return (control | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | word) & (ones &* 0x80)
    }

    /// True if the text at `offset` begins with `word`.
    func matches(_ word: StaticString, at offset: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard offset &+ length <= count, let base = baseAddress else { return false }
        return memcmp(base + offset, word.utf8Start, length) == 0
    }

    /// True if the bytes at `range` are exactly those of `word`.
    package func equals(_ word: StaticString, at range: ByteRange) -> Bool {
        range.count == word.utf8CodeUnitCount && matches(word, at: range.start)
    }
}
