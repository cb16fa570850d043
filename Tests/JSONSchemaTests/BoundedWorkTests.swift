import JSONSchema
import TestSupport
import Testing

/// Schemas and answers made to take forever or to overflow the stack: each ends, and none is called wrong without reason.
@Suite(.timeLimit(.minutes(5))) struct BoundedWorkTests {
    @Test(arguments: [
        ##"{"$ref":"#"}"##,
        ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        ##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
        ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"},false]}"##,
        ##"{"not":{"$ref":"#"}}"##,
    ])
    func endlessReferencesEnd(_ schema: String) throws {
        #expect(try check("1", schema) == .unchecked(.schema))
    }

    @Test(arguments: ["anyOf", "oneOf", "allOf"])
    func exponentialFormsEnd(_ keyword: String) throws {
        let levels = (0..<40).map { ##""l\##($0)":{"\##(keyword)":[{"$ref":"#/$defs/l\##($0 + 1)"},{"$ref":"#/$defs/l\##($0 + 1)"}]}"## }
        let end = keyword == "allOf" ? "{\"type\":\"number\"}" : "{\"type\":\"string\"}"
        let schema = ##"{"$ref":"#/$defs/l0","$defs":{\##(levels.joined(separator: ",")),"l40":\##(end)}}"##
        #expect(try check("1", schema) == .unchecked(.work))
    }

    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y", "(?=(a+)+$)b"])
    func patternsDoNotExplode(_ pattern: String) throws {
        for length in [30, 300] {
            let told = try problems("\"\(String(repeating: "a", count: length))!\"", #"{"pattern":"\#(pattern)"}"#)
            #expect(told == ["the answer must match the pattern \(pattern)"])
        }
    }

    @Test func longTextsEnd() throws {
        let text = String(repeating: "a", count: 1_000_000)
        #expect(try check("\"\(text)\"", #"{"pattern":"(a|b)+(b|a)+c"}"#) == .unchecked(.work))
        #expect(try check("\"\(text)\"", #"{"pattern":"^a{3}"}"#) == .fits)
    }

    @Test(arguments: [
        ("(((a{1000}){1000}){1000}){1000}", Verdict.unchecked(.schema)), ("((){1000}){1000}", .fits),
        ("a{1000000000}", .unchecked(.schema)),
        (String(repeating: "(", count: 3000), .unchecked(.schema)), (String(repeating: "b?", count: 4000), .unchecked(.schema)),
    ])
    func patternsDoNotGrow(_ pattern: String, _ verdict: Verdict) throws {
        #expect(try check(#""b""#, #"{"pattern":"\#(pattern)"}"#) == verdict)
    }

    @Test func manyLargePatternsAreNotAllKept() throws {
        let patterns = (0..<100).map { _ in #"{"pattern":"^b{3000}"}"# }.joined(separator: ",")
        #expect(try check(#""a""#, "{\"not\":{\"anyOf\":[\(patterns)]}}") == .unchecked(.schema))
    }

    @Test func longAnswersEnd() throws {
        let numbers = "[" + (0..<50_000).map { "\($0)" }.joined(separator: ",") + "]"
        #expect(try check(numbers, #"{"items":{"type":"integer"},"uniqueItems":true}"#) == .fits)
        let list = (0..<2000).map { "\(-$0)" }.joined(separator: ",")
        #expect(
            try check(numbers, "{\"items\":{\"not\":{\"enum\":[\(list)]}}}", limit: 1)
                == .misfits([
                    Problem(path: "/0", message: "is of a form that is not allowed here")
                ]))
        #expect(try check(numbers, "{\"items\":{\"not\":{\"enum\":[-1,\(list.dropFirst(2))]}}}") == .unchecked(.work))
        let digits = String(repeating: "9", count: 1_000_000)
        #expect(
            try check(digits, "{\"allOf\":[\(Array(repeating: "{\"minimum\":1}", count: 1000).joined(separator: ","))]}")
                == .unchecked(.work))
    }

    @Test func deepAnswersAreChecked() throws {
        let schema =
            ##"{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"null"},{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}}}]}}}"##
        func nested(_ depth: Int, _ end: String) -> String {
            String(repeating: #"{"n":"#, count: depth) + end + String(repeating: "}", count: depth)
        }
        #expect(try check(nested(128, "null"), schema) == .fits)
        #expect(try problems(nested(128, "1"), schema).count == 1)
        #expect(try problems(nested(129, "null"), schema).first?.contains("levels of nesting") == true)
    }

    @Test func manyReferencesIntoALargeObjectAreRefused() {
        let definitions = (0..<3000).map { "\"d\($0)\":{}" }.joined(separator: ",")
        let references = (0..<3000).map { ##"{"$ref":"#/$defs/d\##($0)"}"## }.joined(separator: ",")
        #expect(throws: SchemaError.self) { try compile("{\"$defs\":{\(definitions)},\"allOf\":[\(references)]}") }
    }

    /// Damaged schemas and answers are judged or refused, and never end the process.
    @Test func damageIsHarmless() {
        var random = RandomSchema(generator: SeededGenerator.forTest("damageIsHarmless"))
        var outcomes = (compiled: 0, refused: 0, judged: 0)
        for _ in 0..<6000 {
            let schema = damaged(random.schema(), &random.generator)
            let answer = damaged(random.answer(depth: 3), &random.generator)
            withBytes(schema) { bytes in
                guard let schema = try? JSONSchema(bytes) else {
                    outcomes.refused += 1
                    return
                }
                outcomes.compiled += 1
                if case .misfits(let problems) = withBytes(answer, { schema.check($0) }) {
                    outcomes.judged += 1
                    #expect((1...5).contains(problems.count))
                }
            }
        }
        print("damaged schemas: \(outcomes)")
        #expect(outcomes.compiled > 500 && outcomes.refused > 500 && outcomes.judged > 500)
    }

    private func damaged(_ text: String, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        let telling = Array("{}[]\",:\\/u0123456789-+.eE tfn#$^*(|)\u{1F}".utf8) + [0x80, 0xC3, 0xED, 0xFF]
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            guard let place = bytes.indices.randomElement(using: &generator) else { break }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = telling.randomElement(using: &generator) ?? 0
            case 1: bytes.remove(at: place)
            default: bytes.insert(bytes[place], at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }
}
