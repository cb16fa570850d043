internal import Envelope

extension SchemaCompiler {
    // MARK: Scalars

    mutating func addScalarAssertions(_ keywords: Keywords, to own: inout [Assertion]) throws(SchemaError) {
        if let item = keywords[.type] { own.append(.types(try types(item))) }
        if let item = keywords[.const] { own.append(.constant(item: item)) }
        if let item = keywords[.enum] {
            try expect(.array, item, "must be an array of the allowed values")
            own.append(.enumeration(item: item))
        }
        try addBounds(keywords, to: &own)
        if let item = keywords[.multipleOf] {
            guard source[item].kind == .number, source.number(item).isPositive else { throw fault(item, "must be a number above 0") }
            own.append(.multiple(source.number(item), item: item))
        }
        if keywords.hasAny(.minLength, .maxLength) { own.append(.length(try counts(keywords[.minLength], keywords[.maxLength]))) }
        if let item = keywords[.pattern] {
            try expect(.string, item, "must be a string")
            own.append(.pattern(pattern(item), item: item))
        }
    }

    private func types(_ item: Int) throws(SchemaError) -> TypeSet {
        var types: TypeSet = []
        for name in source[item].kind == .array ? Array(source.children(of: item)) : [item] {
            guard source[name].kind == .string, let type = TypeSet.names.first(where: { $0.name == source.string(name) })?.type else {
                throw fault(name, "must be one of \(TypeSet.names.map(\.name).joined(separator: ", "))")
            }
            types.insert(type)
        }
        return types
    }

    private func addBounds(_ keywords: Keywords, to own: inout [Assertion]) throws(SchemaError) {
        let pairs: [(Keyword, Bound, Keyword, Bound)] = [
            (.minimum, .minimum, .exclusiveMinimum, .exclusiveMinimum), (.maximum, .maximum, .exclusiveMaximum, .exclusiveMaximum),
        ]
        for (keyword, bound, exclusiveKeyword, exclusiveBound) in pairs {
            var bound = bound
            if let item = keywords[exclusiveKeyword] {
                if source[item].kind == .boolean {
                    if isTrue(item) { bound = exclusiveBound }
                } else {
                    own.append(try self.bound(exclusiveBound, item))
                }
            }
            if let item = keywords[keyword] { own.append(try self.bound(bound, item)) }
        }
    }

    private func bound(_ bound: Bound, _ item: Int) throws(SchemaError) -> Assertion {
        try expect(.number, item, "must be a number")
        return .bound(bound, source.number(item), item: item)
    }

    // MARK: Objects

    mutating func objectRules(_ keywords: Keywords, isForeign: Bool) throws(SchemaError) -> ObjectRules? {
        guard
            keywords.hasAny(
                .properties, .required, .additionalProperties, .patternProperties, .propertyNames, .minProperties, .maxProperties,
                .dependentRequired, .dependentSchemas)
        else { return nil }
        var rules = ObjectRules()
        var names = MemberNames()
        if let properties = keywords[.properties] {
            try expect(.object, properties, "must be an object of schemas")
            for property in source.children(of: properties) {
                let node = try compile(property, isForeign: isForeign)
                names.add(source.string(property - 1), at: property - 1, node: node)
            }
        }
        let required = try strings(keywords[.required], into: &names)
        var dependentMembers: [(trigger: [UInt8], needed: [UInt8])] = []
        var dependentNodes: [(trigger: [UInt8], node: Int)] = []
        if let dependents = keywords[.dependentRequired] {
            try expect(.object, dependents, "must be an object of arrays of names")
            for dependent in source.children(of: dependents) {
                let trigger = names.add(source.string(dependent - 1), at: dependent - 1)
                for needed in try strings(dependent, into: &names) { dependentMembers.append((trigger, needed)) }
            }
        }
        if let dependents = keywords[.dependentSchemas] {
            try expect(.object, dependents, "must be an object of schemas")
            for dependent in source.children(of: dependents) {
                let trigger = names.add(source.string(dependent - 1), at: dependent - 1)
                dependentNodes.append((trigger, try compile(dependent, isForeign: isForeign)))
            }
        }
        if let properties = keywords[.patternProperties] {
            try expect(.object, properties, "must be an object of schemas")
            for property in source.children(of: properties) {
                rules.patterns.append((pattern(property - 1), try compile(property, isForeign: isForeign)))
            }
        }
        rules.additional = try node(keywords[.additionalProperties], isForeign: isForeign)
        rules.names = try node(keywords[.propertyNames], isForeign: isForeign)
        rules.count = try counts(keywords[.minProperties], keywords[.maxProperties])

        let sorted = names.sorted()
        rules.members = sorted.map { ObjectRules.Member(name: range(of: $0.name, at: $0.item), node: $0.node) }
        let place = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($0.element.name, $0.offset) })
        rules.required = required.compactMap { place[$0] }
        for (trigger, needed) in dependentMembers {
            if let trigger = place[trigger], let needed = place[needed] { rules.dependentMembers.append((trigger, needed)) }
        }
        for (trigger, node) in dependentNodes {
            if let trigger = place[trigger] { rules.dependentNodes.append((trigger, node)) }
        }
        return rules
    }

    private func strings(_ item: Int?, into names: inout MemberNames) throws(SchemaError) -> [[UInt8]] {
        guard let item else { return [] }
        try expect(.array, item, "must be an array of names")
        var strings: [[UInt8]] = []
        for name in source.children(of: item) {
            try expect(.string, name, "must be a string")
            strings.append(names.add(source.string(name), at: name))
        }
        return strings
    }

    /// Where a name stands in ``JSONSchema/text``; written there if the schema has it with escapes only.
    private mutating func range(of name: [UInt8], at item: Int) -> ByteRange {
        let range = source[item].range
        guard source[item].hasEscapes else { return ByteRange(start: range.start + 1, end: range.end - 1) }
        let start = source.bytes.count + escapedNames.count
        escapedNames += name
        return ByteRange(start: start, end: start + name.count)
    }

    // MARK: Arrays

    mutating func arrayRules(_ keywords: Keywords, isForeign: Bool) throws(SchemaError) -> ArrayRules? {
        guard keywords.hasAny(.items, .prefixItems, .additionalItems, .contains, .minItems, .maxItems, .uniqueItems) else { return nil }
        var rules = ArrayRules()
        if let prefix = keywords[.prefixItems] { rules.prefix = try nodes(prefix, isForeign: isForeign) }
        if let items = keywords[.items] {
            if source[items].kind == .array {
                rules.prefix = try nodes(items, isForeign: isForeign)
                rules.rest = try node(keywords[.additionalItems], isForeign: isForeign)
            } else {
                rules.rest = try compile(items, isForeign: isForeign)
            }
        }
        if let contains = keywords[.contains] {
            rules.contains = try compile(contains, isForeign: isForeign)
            rules.containsCount = try counts(keywords[.minContains], keywords[.maxContains], default: 1)
        }
        rules.count = try counts(keywords[.minItems], keywords[.maxItems])
        if let unique = keywords[.uniqueItems] {
            try expect(.boolean, unique, "must be true or false")
            rules.isUnique = isTrue(unique)
        }
        return rules
    }
}
