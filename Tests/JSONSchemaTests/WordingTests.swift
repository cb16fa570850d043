import JSONSchema
import Testing

/// What is told to the model.
@Suite struct WordingTests {
    private static let order = """
        {"type": "object", "required": ["id", "items"], "additionalProperties": false, "properties": {
            "id": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "note": {"type": ["string", "null"], "maxLength": 3},
            "items": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/item"}}},
         "$defs": {"item": {"type": "object", "required": ["price"], "properties": {
            "price": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e3, "multipleOf": 0.5},
            "count": {"type": "integer"}, "kind": {"enum": ["new", "used", null]}, "currency": {"const": "EUR"}}}}}
        """

    @Test(arguments: [
        (#"{"id":"AB","items":[{"price":1}]}"#, []),
        (#"{"id":"AB","items":[{"price":1},{"price":2},{"price":"3"}]}"#, ["/items/2/price: is a string, must be a number"]),
        (#"[]"#, ["the answer is an array, must be an object"]),
        (#"{}"#, [#"the answer lacks the member "id""#, #"the answer lacks the member "items""#]),
        (#"{"id":"A","items":[{"price":1}],"a/~b":1}"#, ["/id: must match the pattern ^[A-Z]{2}$", "/a~1~0b: is not allowed here"]),
        (#"{"id":"AB","items":[]}"#, ["/items: has 0 elements, must have at least 1"]),
        (#"{"id":"AB","note":"日本語😀","items":[{"price":1}]}"#, ["/note: has 4 characters, must have at most 3"]),
        (#"{"id":"AB","note":1,"items":[{"price":1}]}"#, ["/note: is a number, must be a string or null"]),
        (#"{"id":"AB","items":[{"price":1},{"price":1.0}]}"#, ["/items/1: repeats an earlier element, all must differ"]),
        (
            #"{"id":"AB","items":[{"price":-1},{"price":1000},{"price":0.7}]}"#,
            ["/items/0/price: must be at least 0", "/items/1/price: must be less than 1e3", "/items/2/price: must be a multiple of 0.5"]
        ),
        (
            #"{"id":"AB","items":[{"price":1,"count":1.5,"kind":"old","currency":"USD"}]}"#,
            [
                "/items/0/count: is a number with a fraction, must be an integer",
                #"/items/0/kind: must be one of "new", "used", null"#, #"/items/0/currency: must be "EUR""#,
            ]
        ),
    ])
    func saysWhereAndWhat(_ answer: String, _ expected: [String]) throws {
        #expect(try problems(answer, Self.order) == expected)
    }

    @Test(arguments: [
        ("```json\n{}\n```", "the answer is not valid JSON: expected a JSON value at byte 0, found '`'"),
        (#"{"a":1"#, "the answer is not valid JSON: expected ',' or '}' at byte 6, found the end of the text"),
        ("", "the answer is not valid JSON: expected a JSON value at byte 0, found the end of the text"),
        ("{} {}", "the answer is not valid JSON: expected nothing after the value at byte 3, found '{'"),
    ])
    func saysWhatIsNoJSON(_ answer: String, _ expected: String) throws {
        #expect(try problems(answer, "{}") == [expected])
    }

    @Test func tellsOfTheFormThatWasMeant() throws {
        let shapes = """
            {"anyOf": [{"type": "null"},
                {"type": "object", "required": ["type", "radius"], "properties": {"type": {"const": "circle"}, "radius": {"type": "number"}}},
                {"type": "object", "required": ["type", "side"], "properties": {"type": {"const": "square"}, "side": {"type": "number"}}}]}
            """
        #expect(try problems(#"{"type":"square","side":"1"}"#, shapes) == ["/side: is a string, must be a number"])
        #expect(try problems(#"{"type":"circle"}"#, shapes) == [#"the answer lacks the member "radius""#])
        #expect(try problems(#"{"type":"line"}"#, shapes) == ["the answer is of none of the 3 forms allowed here"])
        #expect(try problems("null", shapes).isEmpty)
        let either = #"{"oneOf": [{"type": "integer"}, {"minimum": 2}]}"#
        #expect(try problems("3", either) == ["the answer is of more than one of the forms of which it must be exactly one"])
        #expect(try problems("true", #"{"not": {"type": "boolean"}}"#) == ["the answer is of a form that is not allowed here"])
    }

    @Test func tellsOfNamesAndCounts() throws {
        #expect(
            try problems(#"{"ab":1}"#, #"{"propertyNames": {"maxLength": 1}}"#) == ["/ab: its name has 2 characters, must have at most 1"])
        #expect(
            try problems("[1]", #"{"contains": {"type": "string"}}"#) == [
                "the answer has 0 elements of the wanted form, must have at least 1"
            ])
        #expect(try problems("{}", #"{"minProperties": 2}"#) == ["the answer has 0 members, must have at least 2"])
        #expect(try problems(#"{"a":1}"#, #"{"dependentRequired": {"a": ["b"]}}"#) == [#"the answer lacks the member "b""#])
        #expect(try problems("[1,2,3]", #"{"items": false}"#, limit: 2) == ["/0: is not allowed here", "/1: is not allowed here"])
    }

    @Test func cutsWhatIsLong() throws {
        let name = String(repeating: "n", count: 5000)
        let told = try problems(#"{"\#(name)":1}"#, #"{"additionalProperties":false}"#)
        #expect(told == ["/\(String(repeating: "n", count: 100))…: is not allowed here"])
        let list = (0..<1000).map { "\($0)" }.joined(separator: ",")
        #expect(try problems("-1", "{\"enum\":[\(list)]}").allSatisfy { $0.hasSuffix("18, 19, …") })
    }
}
