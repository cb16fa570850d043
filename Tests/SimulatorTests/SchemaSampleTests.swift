import Foundation
import Testing

@testable import Simulator

@Suite struct SchemaSampleTests {
    @Test func samplesFitTheirSchemas() throws {
        var random = Seeds.stream()
        for _ in 0..<5_000 {
            let text = schema(&random, depth: 0)
            let schema = try tree(text)
            var sample = SchemaSample(schema, RandomStream(seed: random.next(), fingerprint: 0))
            let value = sample.value()
            #expect(fits(value, schema), "\(String(decoding: value.bytes, as: UTF8.self)) does not fit \(text)")
            let misfit = try? tree(String(decoding: SchemaSample.misfit(schema), as: UTF8.self))
            #expect(misfit.map { fits($0, schema) } != true, "the misfit fits \(text)")
        }
    }

    @Test func theSameNumbersMakeTheSameSample() throws {
        var random = Seeds.stream()
        for _ in 0..<500 {
            let (schema, seed) = (try tree(schema(&random, depth: 0)), random.next())
            var first = SchemaSample(schema, RandomStream(seed: seed, fingerprint: 0))
            var second = SchemaSample(schema, RandomStream(seed: seed, fingerprint: 0))
            #expect(first.value() == second.value())
        }
    }

    @Test func followsReferencesAndAlternatives() throws {
        let schema = try tree(
            ##"""
            {"$defs":{"step":{"type":"object","properties":{"text":{"type":"string","minLength":30},"next":{"$ref":"#/$defs/step"}},
             "required":["text"]}},"type":"object","properties":{"first":{"$ref":"#/$defs/step"},
             "size":{"anyOf":[{"type":"null"},{"type":"integer","minimum":3,"maximum":3}]},"kind":{"const":"k"}},
             "required":["first","size","kind"]}
            """##)
        var sample = SchemaSample(schema, RandomStream(seed: 1, fingerprint: 1))
        let value = sample.value()
        #expect(value["size"] == .number("3") && value["kind"] == .string("k"))
        #expect(value["first"]?["text"]?.text?.count ?? 0 >= 30)
    }

    @Test(arguments: [
        #"{"type":"array","items":{"type":"string"},"minItems":1000000000}"#, #"{"type":"integer","minimum":1e300}"#,
        #"{"type":"string","minLength":1000000000}"#, #"{"type":"number","minimum":1e999,"maximum":-5}"#,
        ##"{"$ref":"#"}"##, ##"{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}"##, #"{"enum":[]}"#,
        #"{"type":"array","items":{},"minItems":-3,"maxItems":-1}"#, "null", "[]", #"{"type":"string","maxLength":-1}"#,
    ])
    func survivesWhatNobodyCanMake(_ text: String) throws {
        var sample = SchemaSample(try tree(text), RandomStream(seed: 1, fingerprint: 1))
        #expect(sample.value().bytes.count < 1_000_000)
    }

    // MARK: A model of schemas

    private func tree(_ text: String) throws -> JSONTree {
        try Array(text.utf8).withUnsafeBytes { try JSONTree($0) }
    }

    private func schema(_ random: inout RandomStream, depth: Int) -> String {
        let isCapital = random.next() % 4 == 0
        func type(_ name: String) -> String { "\"type\":\"\(isCapital ? name.uppercased() : name)\"" }
        switch random.next() % (depth < 3 ? 8 : 6) {
        case 0: return "{\(type("string"))}"
        case 1: return "{\(type("integer")),\"minimum\":\(random.next() % 50),\"maximum\":\(50 + random.next() % 50)}"
        case 2: return "{\(type("boolean"))}"
        case 3: return "{\(type("string")),\"enum\":[\"red\",\"green\",\"b\\u00fcrgundy\"]}"
        case 4: return "{\(type("number")),\"maximum\":\(Int(random.next() % 9) - 4)}"
        case 5: return "{\(type("string")),\"minLength\":3,\"maxLength\":\(3 + random.next() % 9)}"
        case 6:
            let least = random.next() % 3
            return
                "{\(type("array")),\"minItems\":\(least),\"maxItems\":\(least + random.next() % 3),\"items\":\(schema(&random, depth: depth + 1))}"
        default:
            let names = (0..<(1 + random.next() % 4)).map { "p\($0)" }
            let properties = names.map { "\"\($0)\":\(schema(&random, depth: depth + 1))" }.joined(separator: ",")
            let required = names.filter { _ in random.next() % 2 == 0 }.map { "\"\($0)\"" }.joined(separator: ",")
            return "{\(type("object")),\"properties\":{\(properties)},\"required\":[\(required)]}"
        }
    }

    private func fits(_ value: JSONTree, _ schema: JSONTree) -> Bool {
        if let choices = schema["enum"]?.elements { return choices.contains(value) }
        switch (schema["type"]?.text?.lowercased(), value) {
        case ("string", .string(let text)):
            return text.count >= schema["minLength"]?.integer ?? 0 && text.count <= schema["maxLength"]?.integer ?? .max
        case ("integer", .number), ("number", .number):
            guard let number = value.number else { return false }
            return number >= schema["minimum"]?.number ?? -1e9 && number <= schema["maximum"]?.number ?? 1e9
        case ("boolean", .boolean): return true
        case ("array", .array(let elements)):
            guard elements.count >= schema["minItems"]?.integer ?? 0, elements.count <= schema["maxItems"]?.integer ?? .max else {
                return false
            }
            return elements.allSatisfy { fits($0, schema["items"] ?? .null) }
        case ("object", .object(let members)):
            let required = schema["required"]?.elements.compactMap(\.text) ?? []
            guard required.allSatisfy({ value[$0] != nil }) else { return false }
            return members.allSatisfy { member in schema["properties"]?[member.name].map { fits(member.value, $0) } ?? false }
        default: return false
        }
    }
}
