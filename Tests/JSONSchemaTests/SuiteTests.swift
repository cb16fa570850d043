import Foundation
import JSONSchema
import Testing

/// The official tests of draft 2020-12: Suite/README.md.
@Suite struct SuiteTests {
    /// One test; the bytes of schema and instance are those of the suite.
    private struct Case {
        let name: String
        let schema: String
        let answer: String
        let isValid: Bool
    }

    /// What is unchecked has an `$id` of its own within the schema, or refers to the schema of schemas, or has `unevaluatedProperties`.
    @Test func theOfficialSuiteAgrees() throws {
        var fitting = 0
        var misfitting = 0
        var unchecked: [String] = []
        for test in try Self.cases() {
            switch Result(catching: { () throws(SchemaError) in try check(test.answer, test.schema) }) {
            case .success(.fits):
                fitting += 1
                #expect(test.isValid, "\(test.name): \(test.schema) \(test.answer)")
            case .success(.misfits(let problems)):
                misfitting += 1
                #expect(!test.isValid && !problems.isEmpty, "\(test.name): \(test.schema) \(test.answer) \(problems)")
            case .success(.unchecked): unchecked.append(test.name)
            case .failure(let error): Issue.record("\(test.name): \(error.description)")
            }
        }
        print("official suite: \(fitting) fit, \(misfitting) do not, \(unchecked.count) unchecked")
        #expect(fitting == 488 && misfitting == 425 && unchecked.count == 40, "\(unchecked)")
    }

    private static func cases() throws -> [Case] {
        let suite = folder.appending(path: "Suite")
        let files = try #require(FileManager.default.subpaths(atPath: suite.path)).filter { $0.hasSuffix(".json") }.sorted()
        return try files.flatMap { file in
            let text = RawJSON(try Data(contentsOf: suite.appending(path: file)))
            return text.elements(of: text.root).flatMap { group in
                let members = text.members(of: group)
                return text.elements(of: members["tests"]).map { test in
                    let inner = text.members(of: test)
                    let names = [members["description"], inner["description"]].map { text.string($0) }
                    return Case(
                        name: "\(file): \(names.joined(separator: ": "))", schema: text.text(members["schema"]),
                        answer: text.text(inner["data"]), isValid: text.text(inner["valid"]) == "true")
                }
            }
        }
    }
}
