extension ByteWriter {
    /// Appends a string as JSON: quoted and escaped.
    package mutating func appendJSON(_ string: String) {
        var string = string
        string.withUTF8 { appendJSON(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Appends UTF-8 as a JSON string: quoted and escaped. The bytes must be valid UTF-8.
    package mutating func appendJSON(utf8 bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        var start = 0
        var cursor = 0
        while true {
            cursor = bytes.endOfPlainText(from: cursor)
            guard cursor < bytes.count else { break }
            let byte = bytes[cursor]
            if byte < 0x80 {
                append(bytes[ByteRange(start: start, end: cursor)])
                appendEscape(byte)
                start = cursor &+ 1
            }
            cursor &+= 1
        }
        append(bytes[ByteRange(start: start, end: bytes.count)])
        append(UInt8(ascii: "\""))
    }

    /// Appends `true` or `false`.
    package mutating func append(_ boolean: Bool) {
        append(boolean ? "true" : "false")
    }

    /// Appends the shortest decimal that reads back as the same double; `null` for infinities and NaN, which JSON lacks.
    package mutating func append(_ double: Double) {
        guard double.isFinite else { return append("null") }
        append(text: double.description)
    }

    /// Appends a number rounded to at most `decimals` places, without trailing zeros: `412`, `0.25`, `0.000123`.
    ///
    /// Numbers too large for that are written as their shortest decimal; infinities and NaN as `null`.
    ///
    /// - Parameter decimals: places after the point, 0 to 15.
    package mutating func append(_ double: Double, decimals: Int) {
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale &*= 10 }
        let scaled = (double.magnitude * Double(scale)).rounded()
        guard scaled < 9e18 else { return append(double) }
        let number = UInt64(scaled)
        if double < 0 && number > 0 { append(UInt8(ascii: "-")) }
        append(unsigned: number / scale)
        var fraction = number % scale
        guard fraction > 0 else { return }
        var width = decimals
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        append(UInt8(ascii: "."))
        append(unsigned: fraction, width: width)
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        default:
            append("\\u00")
            append(Self.hexadecimalDigit(byte >> 4))
            append(Self.hexadecimalDigit(byte & 0x0F))
        }
    }

    private static func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
