internal import JSONSchema

/// The check of answers against schemas: a schema, a record separator (0x1E), an answer.
enum SchemaHarness {
    static func run(_ input: UnsafeRawBufferPointer) {
        let (text, answer) = input.split(at: 0x1E)
        let schema: JSONSchema
        do throws(SchemaError) {
            schema = try JSONSchema(text)
        } catch {
            require(!error.description.isEmpty, "an error has no description")
            return
        }
        let verdict = schema.check(answer)
        require(verdict == schema.check(answer), "a second check says something else")
        guard case .misfits(let problems) = verdict else { return }
        require((1...5).contains(problems.count), "\(problems.count) problems are told")
        for problem in problems {
            require(!problem.message.isEmpty, "a problem has no message")
            require(problem.path.isEmpty || problem.path.hasPrefix("/"), "a path is \(problem.path)")
            require(problem.description.utf8.count < 4096, "a problem takes \(problem.description.utf8.count) bytes")
        }
    }
}
