/// Reads Swift values out of JSON text that a ``JSONScanner`` has already validated.
package enum JSONText {
    /// The string at `range` with its escapes resolved.
    ///
    /// - Parameters:
    ///   - range: the string's bytes, quotes included.
    ///   - bytes: the text that holds it.
    package static func string(at range: ByteRange, in bytes: UnsafeRawBufferPointer) -> String {
        let content = bytes[ByteRange(start: range.start + 1, end: range.end - 1)]
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        return unescaped(content)
    }

    /// The string of a key, or of a value turned into a ``JSONString``, with its escapes resolved.
    package static func string(_ string: JSONString, in bytes: UnsafeRawBufferPointer) -> String {
        let content = bytes[string.content]
        return string.hasEscapes ? unescaped(content) : String(decoding: content, as: UTF8.self)
    }

    /// The integer at `range`; `nil` if it has a fraction or an exponent or does not fit in 64 bits.
    package static func integer(at range: ByteRange, in bytes: UnsafeRawBufferPointer) -> Int64? {
        var cursor = range.start
        let isNegative = cursor < range.end && bytes[cursor] == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        guard cursor < range.end else { return nil }
        var value: Int64 = 0
        while cursor < range.end {
            let digit = bytes[cursor] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.subtractingReportingOverflow(Int64(digit))
            guard !overflow && !carry else { return nil }
            value = sum
            cursor += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The number at `range`, rounded to the nearest double; `nil` if it is no number or too large for one.
    package static func double(at range: ByteRange, in bytes: UnsafeRawBufferPointer) -> Double? {
        if let integer = integer(at: range, in: bytes), integer.magnitude <= 1 << 53 {
            return integer == 0 && bytes[range.start] == UInt8(ascii: "-") ? -0.0 : Double(integer)
        }
        guard let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// The boolean at `range`; `nil` if it is none.
    package static func boolean(at range: ByteRange, in bytes: UnsafeRawBufferPointer) -> Bool? {
        if bytes.equals("true", at: range) { return true }
        return bytes.equals("false", at: range) ? false : nil
    }

    /// The value at a path of object keys.
    ///
    /// Where an object repeats a key the first one counts.
    ///
    /// - Parameters:
    ///   - path: keys from the outside in.
    ///   - bytes: a JSON text; only what precedes the value is read and checked.
    /// - Returns: `nil` if a key is missing or what should hold it is no object.
    /// - Throws: ``JSONError`` where the text is not valid before the value is found.
    package static func value(at path: [StaticString], in bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue? {
        var scanner = JSONScanner(bytes)
        for name in path {
            guard try scanner.nextKind() == .object, try descend(to: name, &scanner) else { return nil }
        }
        return try scanner.value()
    }

    /// The value of one member of an object; `nil` if it has none of that name.
    ///
    /// - Throws: ``JSONError`` where the text is not valid before the value is found.
    package static func value(_ name: StaticString, in bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue? {
        try value(at: [name], in: bytes)
    }

    private static func descend(to name: StaticString, _ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if scanner.bytes.key(key, equals: name) { return true }
            _ = try scanner.value()
            more = try scanner.nextMember()
        }
        return false
    }

    /// Resolves escapes that the scanner has found valid.
    private static func unescaped(_ content: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: content.count) { output in
            var read = 0
            var written = 0
            while read < content.count {
                let byte = content[read]
                guard byte == UInt8(ascii: "\\"), read + 1 < content.count else {
                    output[written] = byte
                    written += 1
                    read += 1
                    continue
                }
                let escape = content[read + 1]
                read += 2
                guard escape == UInt8(ascii: "u") else {
                    output[written] = Self.character(forEscape: escape)
                    written += 1
                    continue
                }
                var scalar = unit(content, at: read)
                read += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 | unit(content, at: read + 2) & 0x3FF
                    read += 6
                }
                for codeUnit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                    output[written] = codeUnit
                    written += 1
                }
            }
            return written
        }
    }

    private static func character(forEscape escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    private static func unit(_ content: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in offset..<min(offset + 4, content.count) { unit = unit << 4 | (content[index].hexadecimalValue ?? 0) }
        return unit
    }
}

extension UnsafeRawBufferPointer {
    /// True if `key`, its escapes resolved, is `name`.
    package func key(_ key: JSONString, equals name: StaticString) -> Bool {
        guard key.hasEscapes else { return equals(name, at: key.content) }
        return JSONText.string(key, in: self) == name.description
    }
}
