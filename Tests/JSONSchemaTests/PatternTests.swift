import Foundation
import TestSupport
import Testing

@testable import JSONSchema

@Suite struct PatternTests {
    private func isFound(_ pattern: String, in text: String) -> Bool? {
        guard let pattern = Pattern(pattern) else { return nil }
        var steps = 1_000_000
        return withBytes(Array(text.utf8)) { pattern.isFound(in: $0, steps: &steps) }
    }

    @Test(arguments: [
        ("", "", true), ("a", "cab", true), ("^b", "ab", false), ("a.c", "a\nc", false), ("^a.c$", "a😀c", true), (#"^\d+$"#, "٣", false),
        (#"\u00e9"#, "é", true), (#"^\uD83D\uDE00$"#, "😀", true), (#"^\u{1F600}$"#, "😀", true), (#"^\p{L}+$"#, "日本é", true),
        (#"^\P{L}+$"#, "12-", true), (#"^[\p{Lu}\d]+$"#, "AÉ1", true), (#"^[^\s-]+$"#, "a-b", false),
        (#"^[\w.-]+@[\w-]+\.\w{2,}$"#, "a.b@c-d.org", true),
        (#"\bcat\b"#, "a cat.", true), (#"\bcat\b"#, "cats", false), (#"\Bcat"#, "cat", false),
        ("^(?=.*[A-Z])(?=.*[0-9]).{4,}$", "abC1", true),
        ("^(?=.*[A-Z])(?=.*[0-9]).{4,}$", "abc1", false), ("^(?!foo)", "foobar", false), ("^(?<year>[0-9]{4})$", "2024", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2,}?$", "aaaa", true), ("^(ab|cd|)$", "", true), ("[]", "a", false), ("[^]", "a", true),
        (#"^[a\-z]$"#, "-", true), ("^[a-]$", "-", true), (#"^\x41\cA\0$"#, "A\u{1}\0", true), ("a$", "a\n", false),
        ("^é$", "e\u{301}", false),
    ])
    func finds(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(isFound(pattern, in: text) == expected)
    }

    @Test(arguments: [
        "(", ")", "a**", "*", "[z-a]", "[a", #"\"#, #"(a)\1"#, "(?<=a)", "(?i)a", #"\A"#, #"\p{Greek}"#, "a{2,1}", "{", #"\u12"#, "^*",
    ])
    func doesNotKnow(_ pattern: String) {
        #expect(Pattern(pattern) == nil)
    }

    @Test func findsWhatFoundationFinds() throws {
        var generator = SeededGenerator.forTest("findsWhatFoundationFinds")
        var found = 0
        for _ in 0..<5000 {
            let pattern = randomPattern(depth: 3, &generator)
            let text = String((0..<Int.random(in: 0...7, using: &generator)).map { _ in "abcd1".randomElement(using: &generator) ?? "a" })
            let expression = try NSRegularExpression(pattern: pattern)
            let isFoundThere = expression.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
            if isFoundThere { found += 1 }
            #expect(isFound(pattern, in: text) == isFoundThere, "\(pattern) in \(text)")
        }
        #expect((1000..<4500).contains(found), "\(found)")
    }

    private func randomPattern(depth: Int, _ generator: inout SeededGenerator) -> String {
        func one(_ list: [String]) -> String { list.randomElement(using: &generator) ?? "" }
        switch Int.random(in: 0...(depth > 0 ? 9 : 2), using: &generator) {
        case 0: return one(["a", "b", "c"])
        case 1: return one([".", "[ab]", "[^a]", "[b-d1]", #"\d"#, #"\w"#])
        case 2: return one(["a", "^", "$", #"\b"#, "bc"])
        case 3...5: return randomPattern(depth: depth - 1, &generator) + randomPattern(depth: depth - 1, &generator)
        case 6: return "(\(randomPattern(depth: depth - 1, &generator))|\(randomPattern(depth: depth - 1, &generator)))"
        case 7: return "(?\(one([":", "=", "!"]))\(randomPattern(depth: depth - 1, &generator)))"
        default:
            let body = randomPattern(depth: depth - 1, &generator)
            // Foundation does not find the empty end of "dbc1b" by `(?:(\\b|a))*?$`: lazy repetitions of what may be empty are left out.
            let mayBeEmpty = ["\\b", "^", "$", "(?=", "(?!", "*", "?", "{0"].contains { body.contains($0) }
            return "(?:\(body))\(one(["*", "+", "?", "{2}", "{0,2}", "{1,}"] + (mayBeEmpty ? [] : ["*?"])))"
        }
    }
}
