internal import Envelope

/// Turns the text of a schema into the tables of ``JSONSchema``.
struct SchemaCompiler {
    let source: JSONItems
    var nodes: [SchemaNode] = []
    var assertions: [Assertion] = []
    var lists: [Int] = []
    var objects: [ObjectRules] = []
    var arrays: [ArrayRules] = []
    var patterns: [Pattern?] = []
    var references: [Int?] = []
    var escapedNames: [UInt8] = []

    /// The node of each item that is a schema and has been compiled.
    private var compiled: [Int: Int] = [:]
    var anchors: [String: Int] = [:]
    /// References that are to be followed when the anchors are known.
    var pending: [(reference: Int, item: Int)] = []
    /// How many more names may be looked at on the way of references.
    var steps = 250_000
    /// How many more instructions all patterns together may have.
    private var patternSpace = 100_000

    init(_ source: JSONItems) {
        self.source = source
    }

    /// Compiles everything, and returns the node of the whole schema.
    mutating func compileAll() throws(SchemaError) -> Int {
        let root = try compile(0)
        while let (reference, item) = pending.popLast() { references[reference] = try target(of: item) }
        return root
    }

    /// Compiles the schema at `item`, unless that has been done.
    ///
    /// - Parameter isForeign: it stands in a part of the text that has an `$id` of its own, where references mean something else.
    mutating func compile(_ item: Int, isForeign: Bool = false) throws(SchemaError) -> Int {
        if let node = compiled[item] { return node }
        var own: [Assertion] = []
        var node = SchemaNode()
        switch source[item].kind {
        case .object: node.acceptsNull = try read(item, isForeign: isForeign, into: &own)
        case .boolean: if !isTrue(item) { own = [.never] }
        default: throw fault(item, "a schema must be an object, true or false")
        }
        node.assertions = assertions.count..<(assertions.count + own.count)
        assertions += own
        nodes.append(node)
        compiled[item] = nodes.count - 1
        return nodes.count - 1
    }

    /// Reads a schema object; returns whether null is valid in any case.
    private mutating func read(_ item: Int, isForeign: Bool, into own: inout [Assertion]) throws(SchemaError) -> Bool {
        let keywords = Keywords(of: item, in: source)
        var isForeign = isForeign
        if let id = keywords[.id], item != 0, source[id].kind == .string, !source.string(id).hasPrefix("#") { isForeign = true }
        if !isForeign {
            for keyword in [Keyword.anchor, .dynamicAnchor] {
                if let anchor = keywords[keyword], source[anchor].kind == .string { anchors[source.string(anchor)] = item }
            }
        }
        try addScalarAssertions(keywords, to: &own)
        try addReference(keywords, isForeign: isForeign, to: &own)
        if let rules = try objectRules(keywords, isForeign: isForeign) {
            own.append(.object(objects.count))
            objects.append(rules)
        }
        if let rules = try arrayRules(keywords, isForeign: isForeign) {
            own.append(.array(arrays.count))
            arrays.append(rules)
        }
        try addCombinations(keywords, isForeign: isForeign, to: &own)
        for keyword in [Keyword.unevaluatedProperties, .unevaluatedItems] {
            guard let unevaluated = keywords[keyword] else { continue }
            if source[unevaluated].kind != .boolean || !isTrue(unevaluated) { own.append(.unchecked) }
        }
        for keyword in [Keyword.definitions, .oldDefinitions] {
            guard let definitions = keywords[keyword] else { continue }
            try expect(.object, definitions, "must be an object of schemas")
            for definition in source.children(of: definitions) { _ = try compile(definition, isForeign: isForeign) }
        }
        guard let nullable = keywords[.nullable] else { return false }
        return source[nullable].kind == .boolean && isTrue(nullable)
    }

    private mutating func addReference(_ keywords: Keywords, isForeign: Bool, to own: inout [Assertion]) throws(SchemaError) {
        if keywords[.dynamicReference] != nil { own.append(.unchecked) }
        guard let reference = keywords[.reference] else { return }
        try expect(.string, reference, "must be a string")
        guard !isForeign else { return own.append(.unchecked) }
        own.append(.reference(references.count))
        pending.append((references.count, reference))
        references.append(nil)
    }

    private mutating func addCombinations(_ keywords: Keywords, isForeign: Bool, to own: inout [Assertion]) throws(SchemaError) {
        if let list = keywords[.allOf] { own.append(.all(try nodeList(list, isForeign: isForeign))) }
        if let list = keywords[.anyOf] { own.append(.any(try nodeList(list, isForeign: isForeign))) }
        if let list = keywords[.oneOf] { own.append(.one(try nodeList(list, isForeign: isForeign))) }
        if let schema = keywords[.not] { own.append(.not(try compile(schema, isForeign: isForeign))) }
        let then = try node(keywords[.then], isForeign: isForeign)
        let otherwise = try node(keywords[.else], isForeign: isForeign)
        if let condition = try node(keywords[.if], isForeign: isForeign), then != nil || otherwise != nil {
            own.append(.conditional(if: condition, then: then, else: otherwise))
        }
    }

    private mutating func nodeList(_ item: Int, isForeign: Bool) throws(SchemaError) -> Range<Int> {
        guard source[item].kind == .array, source[item].count > 0 else { throw fault(item, "must be an array of at least one schema") }
        let nodes = try nodes(item, isForeign: isForeign)
        lists += nodes
        return (lists.count - nodes.count)..<lists.count
    }

    // MARK: Values of keywords

    /// The nodes of an array of schemas.
    mutating func nodes(_ item: Int, isForeign: Bool) throws(SchemaError) -> [Int] {
        try expect(.array, item, "must be an array of schemas")
        var nodes: [Int] = []
        for child in source.children(of: item) { nodes.append(try compile(child, isForeign: isForeign)) }
        return nodes
    }

    mutating func node(_ item: Int?, isForeign: Bool) throws(SchemaError) -> Int? {
        guard let item else { return nil }
        return try compile(item, isForeign: isForeign)
    }

    mutating func pattern(_ item: Int) -> Int {
        let limit = min(Pattern.sizeLimit, patternSpace)
        let pattern = Pattern(source.string(item), sizeLimit: limit)
        patternSpace -= pattern?.instructions.count ?? limit
        patterns.append(pattern)
        return patterns.count - 1
    }

    /// What two keywords for counts allow.
    func counts(_ least: Int?, _ most: Int?, default lowest: Int = 0) throws(SchemaError) -> Counts {
        Counts(least: try count(least) ?? lowest, most: try count(most) ?? .max)
    }

    private func count(_ item: Int?) throws(SchemaError) -> Int? {
        guard let item else { return nil }
        guard source[item].kind == .number, let count = source.number(item).count else {
            throw fault(item, "must be a whole number, 0 or more")
        }
        return count
    }

    func isTrue(_ item: Int) -> Bool { source.text(item).first == UInt8(ascii: "t") }

    func expect(_ kind: JSONKind, _ item: Int, _ message: String) throws(SchemaError) {
        guard source[item].kind == kind else { throw fault(item, message) }
    }

    func fault(_ item: Int, _ message: String) -> SchemaError {
        SchemaError(path: source.place(of: item).pointer, message: message)
    }
}
