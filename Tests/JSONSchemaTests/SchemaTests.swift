import JSONSchema
import Testing

/// What the official suite does not have: older words for the same, what is refused, and what is not checked.
@Suite struct SchemaTests {
    @Test(arguments: [
        (#"{"type":"string","nullable":true}"#, "null", true),
        (#"{"type":"string","nullable":false}"#, "null", false),
        (#"{"enum":["a"],"nullable":true}"#, "null", true),
        (##"{"definitions":{"a":{"type":"null"}},"$ref":"#/definitions/a"}"##, "1", false),
        (#"{"items":[{"type":"null"}],"additionalItems":false}"#, "[null]", true),
        (#"{"items":[{"type":"null"}],"additionalItems":false}"#, "[null,1]", false),
        (#"{"minimum":1,"exclusiveMinimum":true}"#, "1", false),
        (#"{"minimum":1,"exclusiveMinimum":false}"#, "1", true),
        (#"{"maximum":1,"exclusiveMaximum":true}"#, "0.9999999999999999999999999", true),
        (#"{"$id":"https://a.b/c","$defs":{"x":false},"properties":{"p":{"$ref":"https://a.b/c#/$defs/x"}}}"#, #"{"p":1}"#, false),
        (#"{"properties":{"caf\u00e9":false}}"#, #"{"café":1}"#, false),
        (#"{"properties":{"café":false}}"#, #"{"caf\u00e9":1}"#, false),
        ("{\"properties\":{\"caf\u{E9}\":false}}", "{\"cafe\u{301}\":1}", true),
        (#"{"format":"email","somethingElse":{"type":7}}"#, #""x""#, true),
        (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":null,"a":1}"#, false),
    ])
    func judges(_ schema: String, _ answer: String, _ isValid: Bool) throws {
        let verdict = try check(answer, schema)
        #expect(isValid ? verdict == .fits : (try !problems(answer, schema).isEmpty))
    }

    @Test(arguments: [
        ("{", "schema: not JSON: expected a quoted key at byte 1, found the end of the text"),
        ("[]", "schema: a schema must be an object, true or false"),
        (#"{"type":"date"}"#, "schema/type: must be one of object, array, string, number, integer, boolean, null"),
        (#"{"properties":{"a":1}}"#, "schema/properties/a: a schema must be an object, true or false"),
        (#"{"items":{"minLength":-1}}"#, "schema/items/minLength: must be a whole number, 0 or more"),
        (#"{"maxItems":"3"}"#, "schema/maxItems: must be a whole number, 0 or more"),
        (#"{"multipleOf":0}"#, "schema/multipleOf: must be a number above 0"),
        (#"{"required":"a"}"#, "schema/required: must be an array of names"),
        (#"{"anyOf":[]}"#, "schema/anyOf: must be an array of at least one schema"),
        (##"{"$ref":"#/$defs/a"}"##, ##"schema/$ref: there is nothing at "#/$defs/a""##),
        (##"{"$ref":"#a"}"##, #"schema/$ref: there is no $anchor "a""#),
        (##"{"$ref":"#/required","required":["a"]}"##, "schema/required: a schema must be an object, true or false"),
    ])
    func refuses(_ schema: String, _ message: String) {
        let error = #expect(throws: SchemaError.self) { try compile(schema) }
        #expect(error?.description == message)
    }

    /// What is not checked makes nothing wrong, but what is wrong by the rest still is.
    @Test(arguments: [
        (#"{"pattern":"(a)\\1"}"#, #""b""#, Verdict.unchecked(.schema)),
        (#"{"not":{"pattern":"(?<=a)b"}}"#, #""b""#, .unchecked(.schema)),
        (#"{"not":{"pattern":"(?<=a)b"}}"#, "1", .misfits([Problem(path: "", message: "is of a form that is not allowed here")])),
        (#"{"anyOf":[{"pattern":"(a)\\1"},{"type":"string"}]}"#, #""b""#, .fits),
        (#"{"oneOf":[{"pattern":"(a)\\1"},{"type":"string"}]}"#, #""b""#, .unchecked(.schema)),
        (#"{"type":"number","pattern":"(a)\\1"}"#, #""b""#, .misfits([Problem(path: "", message: "is a string, must be a number")])),
        (#"{"if":{"pattern":"(a)\\1"},"then":{"minLength":1},"else":{"maxLength":5}}"#, #""b""#, .fits),
        (#"{"if":{"pattern":"(a)\\1"},"then":{"minLength":2}}"#, #""b""#, .unchecked(.schema)),
        (#"{"patternProperties":{"(a)\\1":true},"additionalProperties":false}"#, #"{"b":1}"#, .unchecked(.schema)),
        (#"{"patternProperties":{"(a)\\1":{"type":"number"}}}"#, #"{"b":1}"#, .fits),
        (#"{"contains":{"pattern":"(a)\\1"}}"#, #"["b"]"#, .unchecked(.schema)),
        (#"{"contains":{"pattern":"(a)\\1"}}"#, #"["b",1]"#, .fits),
        (#"{"$ref":"https://example.com/schema"}"#, "1", .unchecked(.schema)),
        (##"{"$dynamicRef":"#a"}"##, "1", .unchecked(.schema)),
        (#"{"unevaluatedProperties":false}"#, "{}", .unchecked(.schema)),
        (#"{"unevaluatedProperties":true}"#, "{}", .fits),
    ])
    func leavesUnchecked(_ schema: String, _ answer: String, _ verdict: Verdict) throws {
        #expect(try check(answer, schema) == verdict)
    }
}
