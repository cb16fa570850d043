import TestSupport

/// Makes schemas and answers of few names and values, so that many an answer nearly fits.
struct RandomSchema {
    private static let names = ["a", "b", "c", "ab", "é"]
    private static let strings = ["", "a", "b", "ab", "aab", "é", "日本", "😀", "a1", "12"]
    private static let numbers = ["-1", "0", "1", "2", "3", "1.0", "1.5", "-0.5", "2e0", "10", "12345678901234567890"]
    private static let patterns = ["^a", "b$", "[0-9]+", "^(a|b)*$", "^.{2}$", "[^a]", "^$", "a{2}", "^[a-z]+[0-9]?$"]

    var generator: SeededGenerator

    private mutating func one(of list: [String]) -> String { list.randomElement(using: &generator) ?? "" }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    private mutating func quoted(_ list: [String]) -> String { "\"\(one(of: list))\"" }

    private mutating func list(_ count: ClosedRange<Int>, _ make: (inout RandomSchema) -> String) -> String {
        "[" + (0..<number(count)).map { _ in make(&self) }.joined(separator: ",") + "]"
    }

    private mutating func object(_ count: ClosedRange<Int>, names: [String] = names, _ make: (inout RandomSchema) -> String) -> String {
        let keys = names.shuffled(using: &generator).prefix(number(count))
        return "{" + keys.map { "\"\($0)\":\(make(&self))" }.joined(separator: ",") + "}"
    }

    mutating func answer(depth: Int) -> String {
        switch number(depth > 0 ? 0...8 : 0...4) {
        case 0: one(of: ["true", "false", "null"])
        case 1, 2: one(of: Self.numbers)
        case 3, 4: quoted(Self.strings)
        case 5, 6: list(0...4) { $0.answer(depth: depth - 1) }
        default: object(0...4) { $0.answer(depth: depth - 1) }
        }
    }

    /// A whole schema, with definitions that may refer to one another.
    mutating func schema() -> String {
        let definitions = (0..<2).map { "\"d\($0)\":\(schema(depth: 2))" }.joined(separator: ",")
        return "{\"$defs\":{\(definitions)},\(keywords(depth: 3))}"
    }

    private mutating func schema(depth: Int) -> String {
        switch number(0...11) {
        case 0: "true"
        case 1: number(0...2) == 0 ? "false" : "{}"
        default: "{\(keywords(depth: depth))}"
        }
    }

    private mutating func keywords(depth: Int) -> String {
        var written: [String: String] = [:]
        for _ in 0..<number(1...3) {
            let (keyword, value) = number(0...3) > 0 || depth == 0 ? scalarKeyword() : deepKeyword(depth: depth - 1)
            written[keyword] = value
            if keyword == "if" {
                written["then"] = schema(depth: depth - 1)
                written["else"] = schema(depth: depth - 1)
            }
        }
        // Sorted, for the order of a dictionary is not the seed's.
        return written.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    }

    private mutating func type() -> String {
        quoted(["object", "array", "string", "number", "integer", "boolean", "null"])
    }

    private mutating func scalarKeyword() -> (String, String) {
        switch number(0...13) {
        case 0, 1: ("type", type())
        case 2: ("type", list(1...3) { $0.type() })
        case 3: ("enum", list(1...4) { $0.answer(depth: 1) })
        case 4: ("const", answer(depth: 1))
        case 5: (one(of: ["minLength", "maxLength"]), "\(number(0...3))")
        case 6: ("pattern", quoted(Self.patterns))
        case 7: (one(of: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), one(of: Self.numbers))
        case 8: ("multipleOf", one(of: ["1", "2", "3", "0.5", "0.25"]))
        case 9: (one(of: ["minItems", "maxItems", "minProperties", "maxProperties"]), "\(number(0...3))")
        case 10: ("uniqueItems", "true")
        case 11: ("required", list(0...2) { $0.quoted(Self.names) })
        case 12: ("dependentRequired", object(1...2) { $0.list(0...2) { $0.quoted(Self.names) } })
        default: ("$ref", quoted(["#", "#/$defs/d0", "#/$defs/d1"]))
        }
    }

    private mutating func deepKeyword(depth: Int) -> (String, String) {
        switch number(0...13) {
        case 0, 1, 2: ("properties", object(1...4) { $0.schema(depth: depth) })
        case 3: ("additionalProperties", schema(depth: depth))
        case 4: ("patternProperties", object(1...2, names: Self.patterns) { $0.schema(depth: depth) })
        case 5: ("propertyNames", schema(depth: depth))
        case 6: ("items", schema(depth: depth))
        case 7: ("prefixItems", list(1...3) { $0.schema(depth: depth) })
        case 8: ("contains", schema(depth: depth))
        case 9: ("dependentSchemas", object(1...2) { $0.schema(depth: depth) })
        case 10: (one(of: ["allOf", "anyOf", "oneOf"]), list(1...3) { $0.schema(depth: depth) })
        case 11: (one(of: ["anyOf", "oneOf"]), list(2...3) { $0.schema(depth: depth) })
        case 12: ("not", schema(depth: depth))
        default: ("if", schema(depth: depth))
        }
    }
}
