/// A strict, validating reader of JSON text (RFC 8259) that yields the ranges of keys and values and copies nothing.
///
/// Everything it passes over is checked: UTF-8, escapes (lone surrogates are refused), numbers, nesting, separators.
///
///     var scanner = JSONScanner(bytes)
///     var more = try scanner.openObject()
///     while more {
///         let key = try scanner.key()
///         let value = try scanner.value()
///         more = try scanner.nextMember()
///     }
///     try scanner.end()
package struct JSONScanner {
    /// Deepest nesting of arrays and objects that is accepted.
    package static let depthLimit = 128

    let bytes: UnsafeRawBufferPointer
    let count: Int

    /// Offset of the next byte to read.
    package internal(set) var position: Int

    private var depth = 0

    /// - Parameters:
    ///   - bytes: the text; it must outlive the scanner and be shorter than 4 GiB.
    ///   - start: offset at which reading starts.
    package init(_ bytes: UnsafeRawBufferPointer, at start: Int = 0) {
        precondition(bytes.count <= Int(UInt32.max), "JSON texts of 4 GiB and more are not supported")
        self.bytes = bytes
        count = bytes.count
        position = start
    }

    // MARK: Values

    /// Reads one value of any kind, with everything in it.
    ///
    /// - Throws: ``JSONError`` if it is not valid JSON.
    package mutating func value() throws(JSONError) -> JSONValue {
        let kind = try nextKind()
        let start = position
        var hasEscapes = false
        switch kind {
        case .string: hasEscapes = try string().hasEscapes
        case .object: try skipObject()
        case .array: try skipArray()
        case .number: try skipNumber()
        case .boolean, .null: try skipLiteral()
        }
        return JSONValue(kind: kind, hasEscapes: hasEscapes, range: ByteRange(start: start, end: position))
    }

    /// The kind of the value that stands next, judged by its first byte; only white space is consumed.
    package mutating func nextKind() throws(JSONError) -> JSONKind {
        skipWhitespace()
        guard position < count else { throw error(.value) }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .number
        default: throw error(.value)
        }
    }

    /// Checks that nothing but white space follows.
    package mutating func end() throws(JSONError) {
        skipWhitespace()
        guard position == count else { throw error(.endOfText) }
    }

    // MARK: Containers

    /// Enters an object. Returns false if it is empty; it is then already left.
    package mutating func openObject() throws(JSONError) -> Bool {
        try open(UInt8(ascii: "{"), close: UInt8(ascii: "}"), expected: .object)
    }

    /// Enters an array. Returns false if it is empty; it is then already left.
    package mutating func openArray() throws(JSONError) -> Bool {
        try open(UInt8(ascii: "["), close: UInt8(ascii: "]"), expected: .array)
    }

    /// Reads a member's key and the colon after it.
    package mutating func key() throws(JSONError) -> JSONString {
        skipWhitespace()
        guard position < count, bytes[position] == UInt8(ascii: "\"") else { throw error(.key) }
        let key = try string()
        skipWhitespace()
        guard position < count, bytes[position] == UInt8(ascii: ":") else { throw error(.colon) }
        position &+= 1
        return key
    }

    /// Passes the comma before an object's next member (true) or the brace that ends the object (false).
    package mutating func nextMember() throws(JSONError) -> Bool {
        try next(close: UInt8(ascii: "}"), expected: .commaOrObjectEnd)
    }

    /// Passes the comma before an array's next element (true) or the bracket that ends the array (false).
    package mutating func nextElement() throws(JSONError) -> Bool {
        try next(close: UInt8(ascii: "]"), expected: .commaOrArrayEnd)
    }

    private mutating func open(_ open: UInt8, close: UInt8, expected: JSONError.Expectation) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < count, bytes[position] == open else { throw error(expected) }
        guard depth < Self.depthLimit else { throw error(.lessDepth) }
        position &+= 1
        skipWhitespace()
        if position < count && bytes[position] == close {
            position &+= 1
            return false
        }
        depth &+= 1
        return true
    }

    private mutating func next(close: UInt8, expected: JSONError.Expectation) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < count else { throw error(expected) }
        let byte = bytes[position]
        if byte == UInt8(ascii: ",") {
            position &+= 1
            return true
        }
        guard byte == close else { throw error(expected) }
        position &+= 1
        depth &-= 1
        return false
    }

    private mutating func skipObject() throws(JSONError) {
        var more = try openObject()
        while more {
            _ = try key()
            _ = try value()
            more = try nextMember()
        }
    }

    private mutating func skipArray() throws(JSONError) {
        var more = try openArray()
        while more {
            _ = try value()
            more = try nextElement()
        }
    }

    // MARK: Small steps

    mutating func skipWhitespace() {
        while position < count {
            let byte = bytes[position]
            guard byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09) else { return }
            position &+= 1
        }
    }

    func error(_ expected: JSONError.Expectation) -> JSONError {
        error(expected, at: position)
    }

    func error(_ expected: JSONError.Expectation, at offset: Int) -> JSONError {
        JSONError(offset: min(offset, count), expected: expected, found: offset < count ? bytes[offset] : nil)
    }
}
