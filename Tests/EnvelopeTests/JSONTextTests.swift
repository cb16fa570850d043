import Envelope
import Testing

@Suite struct JSONTextTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil),
            ("-9223372036854775809", nil),
            ("99999999999999999999", nil),
            ("1.0", nil),
            ("1e3", nil),
            ("", nil),
            ("-", nil),
        ] as [(String, Int64?)])
    func readsIntegers(_ text: String, _ expected: Int64?) {
        #expect(reading(text, JSONText.integer) == expected)
    }

    @Test(
        arguments: [
            ("0", 0.0), ("-0", -0.0), ("0.1", 0.1), ("1e3", 1000), ("4.9406564584124654e-324", .leastNonzeroMagnitude), ("1e999", nil),
            ("9007199254740993", 9007199254740992),
        ] as [(String, Double?)])
    func readsDoubles(_ text: String, _ expected: Double?) {
        #expect(reading(text, JSONText.double)?.bitPattern == expected?.bitPattern)
    }

    @Test func readsBooleans() {
        #expect(reading("true", JSONText.boolean) == true)
        #expect(reading("false", JSONText.boolean) == false)
        #expect(reading("null", JSONText.boolean) == nil)
    }

    @Test func findsValuesByPath() throws {
        let source = #"{"a":{"b":[1],"c\u0064":"x"},"a2":2,"a":3}"#
        try withBytes(Array(source.utf8)) { (bytes) throws in
            let array = try JSONText.value(at: ["a", "b"], in: bytes)
            let escapedKey = try JSONText.value(at: ["a", "cd"], in: bytes)
            let second = try JSONText.value(at: ["a2"], in: bytes)
            #expect([array, escapedKey, second].map { text(source, $0?.range) } == ["[1]", "\"x\"", "2"])
            let insideArray = try JSONText.value(at: ["a", "b", "c"], in: bytes)
            let missing = try JSONText.value(at: ["z"], in: bytes)
            #expect(insideArray == nil && missing == nil)
            let root = try JSONText.value(at: [], in: bytes)
            #expect(root?.kind == .object)
        }
    }

    @Test func refusesToFindInInvalidText() {
        #expect(throws: JSONError.self) {
            try withBytes(Array(#"{"a":{"b":tru}}"#.utf8)) { (bytes) throws in _ = try JSONText.value(at: ["a", "b"], in: bytes) }
        }
    }
}
