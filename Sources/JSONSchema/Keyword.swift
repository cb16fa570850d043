/// The keywords that are checked.
enum Keyword: String, CaseIterable {
    case id = "$id"
    case anchor = "$anchor"
    case dynamicAnchor = "$dynamicAnchor"
    case reference = "$ref"
    case dynamicReference = "$dynamicRef"
    case definitions = "$defs"
    case oldDefinitions = "definitions"
    case nullable
    case type
    case `enum`
    case const
    case minimum
    case maximum
    case exclusiveMinimum
    case exclusiveMaximum
    case multipleOf
    case minLength
    case maxLength
    case pattern
    case properties
    case required
    case additionalProperties
    case patternProperties
    case propertyNames
    case minProperties
    case maxProperties
    case dependentRequired
    case dependentSchemas
    case unevaluatedProperties
    case items
    case prefixItems
    case additionalItems
    case contains
    case minContains
    case maxContains
    case minItems
    case maxItems
    case uniqueItems
    case unevaluatedItems
    case allOf
    case anyOf
    case oneOf
    case not
    case `if`
    case then
    case `else`

    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}

/// The keywords of one schema object, and where their values stand.
struct Keywords {
    private var places: [(keyword: Keyword, item: Int)] = []

    /// Of a keyword that is repeated the first one counts.
    init(of item: Int, in source: JSONItems) {
        for value in source.children(of: item) {
            guard let keyword = Keyword.named[source.string(value - 1)], self[keyword] == nil else { continue }
            places.append((keyword, value))
        }
    }

    subscript(_ keyword: Keyword) -> Int? {
        for place in places where place.keyword == keyword { return place.item }
        return nil
    }

    func hasAny(_ keywords: Keyword...) -> Bool {
        keywords.contains { self[$0] != nil }
    }
}
