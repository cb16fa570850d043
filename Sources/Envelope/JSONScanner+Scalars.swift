extension JSONScanner {
    // MARK: Strings

    /// Reads a string and checks its UTF-8 and its escapes; eight bytes a step where it is plain ASCII.
    ///
    /// - Throws: ``JSONError`` if no string stands next or it is not valid.
    package mutating func string() throws(JSONError) -> JSONString {
        guard position < count, bytes[position] == UInt8(ascii: "\"") else { throw error(.string) }
        let start = position &+ 1
        var cursor = start
        var hasEscapes = false
        while true {
            cursor = bytes.endOfPlainText(from: cursor)
            guard cursor < count else { throw error(.characterOrQuote, at: cursor) }
            let byte = bytes[cursor]
            if byte == UInt8(ascii: "\"") {
                position = cursor &+ 1
                return JSONString(content: ByteRange(start: start, end: cursor), hasEscapes: hasEscapes)
            }
            if byte >= 0x80 {
                repeat { cursor = try endOfMultibyteCharacter(at: cursor) } while cursor < count && bytes[cursor] >= 0x80
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                cursor = try endOfEscape(at: cursor)
            } else {
                throw error(.escapedControlCharacter, at: cursor)
            }
        }
    }

    private func endOfEscape(at offset: Int) throws(JSONError) -> Int {
        guard offset &+ 1 < count else { throw error(.escape, at: offset &+ 1) }
        switch bytes[offset &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset &+ 2
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit(at: offset &+ 2)
            guard unit & 0xF800 == 0xD800 else { return offset &+ 6 }
            let low = offset &+ 6
            guard unit < 0xDC00, low &+ 1 < count, bytes[low] == UInt8(ascii: "\\"), bytes[low &+ 1] == UInt8(ascii: "u"),
                try hexadecimalUnit(at: low &+ 2) & 0xFC00 == 0xDC00
            else { throw error(.surrogatePair, at: offset) }
            return offset &+ 12
        default:
            throw error(.escape, at: offset &+ 1)
        }
    }

    private func hexadecimalUnit(at offset: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in offset..<(offset &+ 4) {
            guard index < count, let digit = bytes[index].hexadecimalValue else { throw error(.hexadecimalDigit, at: index) }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// Checks one UTF-8 sequence by the table of well-formed sequences (Unicode, table 3-7).
    private func endOfMultibyteCharacter(at offset: Int) throws(JSONError) -> Int {
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[offset] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error(.validUTF8, at: offset)
        }
        guard offset &+ length <= count, second.contains(bytes[offset &+ 1]),
            length < 3 || bytes[offset &+ 2] & 0xC0 == 0x80, length < 4 || bytes[offset &+ 3] & 0xC0 == 0x80
        else { throw error(.validUTF8, at: offset) }
        return offset &+ length
    }

    // MARK: Numbers and literals

    mutating func skipNumber() throws(JSONError) {
        if bytes[position] == UInt8(ascii: "-") { position &+= 1 }
        if position < count && bytes[position] == UInt8(ascii: "0") {
            position &+= 1
            if position < count && bytes[position].isDigit { throw error(.digit) }
        } else {
            try skipDigits()
        }
        if position < count && bytes[position] == UInt8(ascii: ".") {
            position &+= 1
            try skipDigits()
        }
        if position < count && bytes[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < count && (bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")) { position &+= 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONError) {
        guard position < count, bytes[position].isDigit else { throw error(.digit) }
        repeat { position &+= 1 } while position < count && bytes[position].isDigit
    }

    mutating func skipLiteral() throws(JSONError) {
        let word: StaticString =
            switch bytes[position] {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        guard bytes.matches(word, at: position) else { throw error(.literal) }
        position &+= word.utf8CodeUnitCount
    }
}

extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var hexadecimalValue: UInt32? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(self &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
