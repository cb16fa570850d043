import Foundation
import JSONSchema
import TestSupport
import Testing

/// The Python that has the packages of Tests/Python/requirements.txt; `make test` names it.
private let python = ProcessInfo.processInfo.environment["SWITCHYARD_TEST_PYTHON"]

@Suite struct OracleTests {
    @Test(.enabled(if: python != nil, "SWITCHYARD_TEST_PYTHON names no Python with jsonschema"))
    func judgesRandomAnswersAsPythonsValidatorDoes() throws {
        var random = RandomSchema(generator: SeededGenerator.forTest("judgesRandomAnswersAsPythonsValidatorDoes"))
        let pairs = (0..<6000).map { _ in (schema: random.schema(), answer: random.answer(depth: 3)) }
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            pairs.map { "{\"schema\":\($0.schema),\"answer\":\($0.answer)}" }.joined(separator: "\n"), to: "pairs.jsonl")
        let script = folder.appending(path: "../Python/json_schema_verdicts.py").path
        let process = try ChildProcess(try #require(python), [script, file, "\(directory.path)/verdicts"])
        try #require(process.wait() == 0, "\(process.output)")
        let verdicts = directory.read("verdicts").split(separator: "\n")
        try #require(verdicts.count == pairs.count)

        var counts = (fitting: 0, misfitting: 0, unchecked: 0)
        for (pair, verdict) in zip(pairs, verdicts) {
            switch try check(pair.answer, pair.schema) {
            case .fits:
                counts.fitting += 1
                #expect(verdict != "misfits", "\(pair)")
            case .misfits(let problems):
                counts.misfitting += 1
                #expect(verdict != "fits" && (1...5).contains(problems.count), "\(pair) \(problems)")
                #expect(try check(pair.answer, pair.schema, limit: 1) == .misfits([problems[0]]), "\(pair)")
            case .unchecked(let cause):
                counts.unchecked += 1
                #expect(cause == .schema)
            }
        }
        let endless = verdicts.count { $0 == "endless" }
        print("random pairs: \(counts), endless for Python \(endless)")
        #expect(counts.fitting > 1500 && counts.misfitting > 1500 && counts.unchecked < 600 && endless < 600)
    }
}
