/// Makes up values that fit a JSON schema, the same ones for the same numbers drawn.
///
/// Understands type (also in capitals, as Gemini writes it), enum, const, properties, required, items, minItems, maxItems, minimum,
/// maximum, minLength, maxLength, the commoner formats, anyOf, oneOf, allOf, and references within the schema.
struct SchemaSample {
    private let root: JSONTree
    private var stream: RandomStream
    private var valuesLeft = Self.mostValues

    init(_ schema: JSONTree, _ stream: RandomStream) {
        root = schema
        self.stream = stream
    }

    /// A value that fits the schema.
    mutating func value() -> JSONTree { value(root, depth: 0) }

    /// A value that does not fit a schema, or a text that is no JSON where every JSON text might fit.
    static func misfit(_ schema: JSONTree?) -> [UInt8] {
        switch schema.flatMap(Self.type) {
        case "object": Array(#"["this does not fit"]"#.utf8)
        case .some: Array(#"{"this":"does not fit"}"#.utf8)
        case nil: Array(#"{"this":"is cut "#.utf8)
        }
    }

    private mutating func value(_ schema: JSONTree, depth: Int) -> JSONTree {
        valuesLeft -= 1
        guard depth < Self.deepest, valuesLeft > 0 else { return .null }
        if let reference = schema["$ref"]?.text { return value(target(reference), depth: depth + 1) }
        if let constant = schema["const"] { return constant }
        if let choices = schema["enum"]?.elements, !choices.isEmpty { return choices[Int(stream.next() % UInt64(choices.count))] }
        for name in ["anyOf", "oneOf", "allOf"] {
            if let first = schema[either: name]?.elements.first(where: { Self.type($0) != "null" }) {
                return value(first, depth: depth + 1)
            }
        }
        switch Self.type(schema) {
        case "object": return object(schema, depth: depth)
        case "array": return array(schema, depth: depth)
        case "string": return .string(string(schema))
        case "integer", "number": return number(schema)
        case "boolean": return .boolean(stream.next() & 1 == 0)
        case "null": return .null
        default: return .string(word())
        }
    }

    private mutating func object(_ schema: JSONTree, depth: Int) -> JSONTree {
        let required = Set(schema["required"]?.elements.compactMap(\.text) ?? [])
        var members: [JSONTree.Member] = []
        for property in schema["properties"]?.members ?? [] where depth < Self.fullDepth || required.contains(property.name) {
            members.append(JSONTree.Member(name: property.name, value: value(property.value, depth: depth + 1)))
        }
        return .object(members)
    }

    private mutating func array(_ schema: JSONTree, depth: Int) -> JSONTree {
        guard let items = schema["items"] else { return .array([]) }
        let least = min(schema[either: "minItems"]?.integer ?? (depth < Self.fullDepth ? 1 : 0), Self.mostItems)
        let most = depth < Self.fullDepth ? min(schema[either: "maxItems"]?.integer ?? 2, least + 2) : least
        let count = most > least ? least + Int(stream.next() % UInt64(most - least + 1)) : least
        return .array((0..<max(count, 0)).map { _ in value(items, depth: depth + 1) })
    }

    /// A whole number, so that it fits a number and an integer alike.
    private mutating func number(_ schema: JSONTree) -> JSONTree {
        let highest = schema["maximum"]?.number ?? schema["exclusiveMaximum"]?.number.map { $0 - 1 }
        let lowest = schema["minimum"]?.number ?? schema["exclusiveMinimum"]?.number.map { $0 + 1 } ?? min(0, highest ?? 0)
        let span = max(min((highest ?? lowest + 100) - lowest, 100), 0)
        let drawn = lowest.rounded(.up) + Double(stream.next() % UInt64(span + 1))
        return .number("\(Int(exactly: min(drawn, highest?.rounded(.down) ?? drawn)) ?? 0)")
    }

    private mutating func string(_ schema: JSONTree) -> String {
        switch schema["format"]?.text {
        case "date-time": return "2026-03-01T12:00:00Z"
        case "date": return "2026-03-01"
        case "time": return "12:00:00Z"
        case "email": return "signal@example.com"
        case "uri": return "https://example.com/signal"
        case "uuid": return "6f1a4c1e-0d6b-4f0a-9a51-8c5d2b7e3f10"
        default: break
        }
        var text = word()
        let least = min(schema[either: "minLength"]?.integer ?? 0, Self.longestText)
        while text.count < least { text += " " + word() }
        return String(text.prefix(max(schema[either: "maxLength"]?.integer ?? text.count, 0)))
    }

    private mutating func word() -> String {
        AnswerText.word(stream.next()).description.trimmingPrefix(" ").description
    }

    /// What a reference such as `#/$defs/Step` stands for.
    private func target(_ reference: String) -> JSONTree {
        var schema = root
        for name in reference.split(separator: "/").dropFirst() { schema = schema[String(name)] ?? .object([]) }
        return schema
    }

    /// The type that a schema names first, null aside, or that can be told from its other members.
    private static func type(_ schema: JSONTree) -> String? {
        switch schema["type"] {
        case .string(let type): return type.lowercased()
        case .array(let types): return types.compactMap(\.text).first { $0 != "null" }?.lowercased() ?? "null"
        default: return schema["properties"] != nil ? "object" : schema["items"] != nil ? "array" : nil
        }
    }

    /// Deeper than this only what is required is filled in.
    private static let fullDepth = 4
    private static let deepest = 64
    private static let mostValues = 10_000
    private static let mostItems = 100
    private static let longestText = 10_000
}
