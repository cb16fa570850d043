import Envelope
import Testing

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "0.5", "1e5", "1E+5", "1e-05", "-0.0e0", "123456789012345678901234567890",
        "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"é漢😀\u{7F}\u{10FFFF}\"",
        "true", "false", "null", "[]", "{}", "[ ]", "{ }", " [1 , 2 ] ", "\t\r\n{\"a\" : [ { } ] }\n", "{\"\":0}", "{\"a\":1,\"a\":2}",
        "[[[[]]],{}]", "\"12345678\"", "\"1234567\\\"9\"",
    ])
    func acceptsValidText(_ text: String) throws {
        let value = try scan(Array(text.utf8)).get()
        let trimmed = text.trimmingPrefix { $0.isWhitespace }
        #expect(value.range.start == text.utf8.count - trimmed.utf8.count)
    }

    @Test(arguments: [
        ("", 0, JSONError.Expectation.value), (" ", 1, .value), ("x", 0, .value), ("tru", 0, .literal), ("nulL", 0, .literal),
        ("truex", 4, .endOfText), ("1 2", 2, .endOfText), ("{}}", 2, .endOfText), ("[1]]", 3, .endOfText),
        ("01", 1, .digit),
        ("-", 1, .digit),
        ("-a", 1, .digit),
        ("+1", 0, .value),
        ("1.", 2, .digit),
        (".5", 0, .value),
        ("1.e5", 2, .digit),
        ("1e", 2, .digit),
        ("1e+", 3, .digit),
        ("0x10", 1, .endOfText),
        ("NaN", 0, .value),
        ("Infinity", 0, .value),
        ("-Infinity", 1, .digit),
        ("\"", 1, .characterOrQuote), ("\"abc", 4, .characterOrQuote), ("\"\\\"", 3, .characterOrQuote), ("\"\\", 2, .escape),
        ("\"\\x\"", 2, .escape),
        ("\"\\u12\"", 5, .hexadecimalDigit),
        ("\"\\u12g4\"", 5, .hexadecimalDigit),
        ("\"\\u", 3, .hexadecimalDigit),
        ("\"\\ud800\"", 1, .surrogatePair), ("\"\\udc00\"", 1, .surrogatePair), ("\"\\ud800\\u0041\"", 1, .surrogatePair),
        ("\"\\ud800x\"", 1, .surrogatePair), ("\"a\nb\"", 2, .escapedControlCharacter), ("\"\u{0}\"", 1, .escapedControlCharacter),
        ("\"12345678\u{1F}\"", 9, .escapedControlCharacter), ("'a'", 0, .value),
        ("[", 1, .value),
        ("[1", 2, .commaOrArrayEnd),
        ("[1,", 3, .value),
        ("[1,]", 3, .value),
        ("[,1]", 1, .value),
        ("[1 2]", 3, .commaOrArrayEnd),
        ("[1}", 2, .commaOrArrayEnd), ("{", 1, .key), ("{,}", 1, .key), ("{1:2}", 1, .key), ("{\"a\"}", 4, .colon), ("{\"a\":}", 5, .value),
        ("{\"a\":1,}", 7, .key), ("{\"a\":1", 6, .commaOrObjectEnd), ("{\"a\":1]", 6, .commaOrObjectEnd), ("{\"a\" 1}", 5, .colon),
        ("// c\n1", 0, .value), ("[1,/**/2]", 3, .value), ("\u{FEFF}{}", 0, .value), ("\u{A0}1", 0, .value), ("1\u{0C}", 1, .endOfText),
    ])
    func refusesInvalidText(_ text: String, _ offset: Int, _ expected: JSONError.Expectation) {
        let bytes = Array(text.utf8)
        let found = offset < bytes.count ? bytes[offset] : nil
        #expect(scan(bytes) == .failure(JSONError(offset: offset, expected: expected, found: found)))
    }

    @Test(
        arguments: [
            [0x80],
            [0xBF],
            [0xC0, 0x80],
            [0xC1, 0xBF],
            [0xC2],
            [0xC2, 0x41],
            [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xE2, 0x28, 0xA1],
            [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98],
            [0xF0, 0x9F, 0x28, 0x80], [0xF0, 0x9F, 0x98, 0x28], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func refusesInvalidUTF8WhereverItStands(_ sequence: [UInt8]) {
        for padding in 0..<18 {
            let text = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "x"), count: padding) + sequence + [UInt8(ascii: "\"")]
            #expect(throws: JSONError(offset: padding + 1, expected: .validUTF8, found: sequence[0])) { try scan(text).get() }
        }
    }

    @Test func seesEverySpecialByteAtEveryPlaceOfAWord() {
        for padding in 0..<20 {
            for byte in UInt8(0)...0x7F {
                var text = Array(repeating: UInt8(ascii: "x"), count: padding)
                text = [UInt8(ascii: "\"")] + text + [byte] + text + [UInt8(ascii: "\"")]
                let isPlain = byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                // A quote ends the string early; with nothing behind but a quote that begins another it stays invalid. So does \x.
                #expect(((try? scan(text).get()) != nil) == isPlain, "byte \(byte) after \(padding)")
            }
        }
    }

    @Test func limitsNesting() {
        let limit = JSONScanner.depthLimit
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(throws: Never.self) { try scan(nested(limit, open, close)).get() }
            #expect(scan(nested(limit + 1, open, close)).failure?.expected == .lessDepth)
            #expect(scan(nested(500_000, open, close)).failure?.expected == .lessDepth)
        }
        let wide = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
        #expect(throws: Never.self) { try scan(Array(wide.utf8)).get() }
    }

    @Test func refusesEveryPrefixOfAnObject() {
        let text = Array(#"{"id":"q\u00e9\ud83d\ude00é😀","n":[-1.5e+3,true,null,{"a":{}}],"s":"plain text of some length"}"#.utf8)
        #expect(throws: Never.self) { try scan(text).get() }
        for length in 0..<text.count {
            #expect(throws: JSONError.self, "prefix of \(length) bytes") { try scan(Array(text[..<length])).get() }
        }
    }

    @Test func yieldsRangesOfMembers() throws {
        let source = #" {"a" : [1, 2], "b\n":"x\ty", "c":{ }} "#
        try withBytes(Array(source.utf8)) { (bytes) throws in
            var scanner = JSONScanner(bytes)
            var members: [String] = []
            var more = try scanner.openObject()
            while more {
                let key = try scanner.key()
                let value = try scanner.value()
                members.append("\(text(source, key.quoted) ?? "") \(value.kind) \(value.hasEscapes) \(text(source, value.range) ?? "")")
                more = try scanner.nextMember()
            }
            try scanner.end()
            #expect(members == [#""a" array false [1, 2]"#, #""b\n" string true "x\ty""#, #""c" object false { }"#])
        }
    }

    @Test func saysWhatIsWrong() {
        #expect(scan(Array("[1 2]".utf8)).failure?.message == "expected ',' or ']' at byte 3, found '2'")
        #expect(scan([0x00, 0x01]).failure?.message == "expected a JSON value at byte 0, found byte 0x00")
        #expect(scan(Array("[1,".utf8)).failure?.message == "expected a JSON value at byte 3, found the end of the text")
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}
