internal import Envelope

/// A JSON Schema, compiled to check what models answer to `response_format: json_schema`.
///
/// It knows the assertions of draft 2020-12 and what older drafts and OpenAPI 3.0 write instead: `definitions`, `nullable`, an array
/// of schemas as `items` with `additionalItems`, and booleans as `exclusiveMinimum` and `exclusiveMaximum`. Like the standard's
/// validators it does not judge `format`, and ignores keywords it does not know.
///
/// Not checked, and so a ``Verdict/unchecked(_:)`` where they decide: `unevaluatedProperties`, `unevaluatedItems`, `$dynamicRef`,
/// references to other documents, and patterns that ``Pattern`` does not know.
///
/// A character is a Unicode scalar. Of an object that repeats a name each member is checked; in the schema the first one counts.
///
/// https://json-schema.org/draft/2020-12/json-schema-validation
package struct JSONSchema: Sendable {
    /// The schema, and after it those member names that are written with escapes.
    let text: [UInt8]
    let items: [JSONItem]
    let root: Int
    let nodes: [SchemaNode]
    let assertions: [Assertion]
    /// Nodes that `allOf`, `anyOf` and `oneOf` list.
    let lists: [Int]
    let objects: [ObjectRules]
    let arrays: [ArrayRules]
    /// `nil` is a pattern that cannot be checked.
    let patterns: [Pattern?]
    /// Where the references lead; `nil` is outside of this document.
    let references: [Int?]

    /// Compiles a schema.
    ///
    /// - Parameter schema: a JSON text of less than 4 GiB; it is copied.
    /// - Throws: ``SchemaError`` if it is no JSON, or a keyword that is checked has a value it cannot have.
    package init(_ schema: UnsafeRawBufferPointer) throws(SchemaError) {
        var compiler: SchemaCompiler
        do throws(JSONError) {
            compiler = SchemaCompiler(try JSONItems(schema))
        } catch {
            throw SchemaError(path: "", message: "not JSON: \(error.message)")
        }
        root = try compiler.compileAll()
        text = Array(schema) + compiler.escapedNames
        items = compiler.source.items
        nodes = compiler.nodes
        assertions = compiler.assertions
        lists = compiler.lists
        objects = compiler.objects
        arrays = compiler.arrays
        patterns = compiler.patterns
        references = compiler.references
    }

    /// Checks an answer.
    ///
    /// Besides the reading of the text the work is bounded, whatever schema and answer are: to a few tens of milliseconds. Answers of half a
    /// megabyte with ordinary schemas stay below that.
    ///
    /// - Parameters:
    ///   - answer: the answer's text, of less than 4 GiB.
    ///   - limit: how many problems to tell at most; at least 1.
    package func check(_ answer: UnsafeRawBufferPointer, limit: Int = 5) -> Verdict {
        let items: JSONItems
        do throws(JSONError) {
            items = try JSONItems(answer)
        } catch {
            return .misfits([Problem(path: "", message: "is not valid JSON: \(error.message)")])
        }
        return text.withUnsafeBytes { text in
            var checker = Checker(schema: self, text: text, answer: items, limit: max(limit, 1))
            switch checker.check(root, 0) {
            case .valid: return .fits
            case .invalid: return .misfits(checker.findings.map { $0.problem(answer: items, schema: checker.schemaItems) })
            case .unknown: return .unchecked(checker.isExhausted ? .work : .schema)
            }
        }
    }
}
