/// Why a text is not valid JSON, and where.
package struct JSONError: Error, Hashable, Sendable {
    /// What the scanner wanted to read.
    package enum Expectation: UInt8, Hashable, Sendable {
        case value
        case object
        case array
        case string
        case key
        case colon
        case commaOrObjectEnd
        case commaOrArrayEnd
        case literal
        case digit
        case escape
        case hexadecimalDigit
        case surrogatePair
        case characterOrQuote
        case escapedControlCharacter
        case validUTF8
        case lessDepth
        case endOfText
    }

    /// Offset of the offending byte; equals the text's length where the text ends too early.
    package let offset: Int

    /// What should have stood there.
    package let expected: Expectation

    /// The byte that stands there, `nil` at the end of the text.
    package let found: UInt8?

    package init(offset: Int, expected: Expectation, found: UInt8?) {
        self.offset = offset
        self.expected = expected
        self.found = found
    }

    /// One sentence for people: what was expected, what was found, at which byte.
    package var message: String {
        "expected \(expected.description) at byte \(offset), found \(foundDescription)"
    }

    private var foundDescription: String {
        guard let found else { return "the end of the text" }
        if found > 0x20 && found < 0x7F { return "'\(Character(Unicode.Scalar(found)))'" }
        let digits = String(found, radix: 16, uppercase: true)
        return "byte 0x\(found < 0x10 ? "0" : "")\(digits)"
    }
}

extension JSONError.Expectation {
    /// The expectation in words, for error messages.
    package var description: String {
        switch self {
        case .value: "a JSON value"
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .key: "a quoted key"
        case .colon: "':' after the key"
        case .commaOrObjectEnd: "',' or '}'"
        case .commaOrArrayEnd: "',' or ']'"
        case .literal: "true, false or null"
        case .digit: "a digit (numbers have no leading zeros, no plus sign and digits on both sides of a point)"
        case .escape: "one of \" \\ / b f n r t u after a backslash"
        case .hexadecimalDigit: "four hexadecimal digits after \\u"
        case .surrogatePair: "a high surrogate escape followed by a low one"
        case .characterOrQuote: "the rest of a string and its closing quote"
        case .escapedControlCharacter: "a control character in a string to be escaped"
        case .validUTF8: "valid UTF-8"
        case .lessDepth: "at most \(JSONScanner.depthLimit) levels of nesting"
        case .endOfText: "nothing after the value"
        }
    }
}
