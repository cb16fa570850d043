internal import Envelope

/// Checks one answer: each value against the nodes that apply to it, with a bounded number of steps.
struct Checker {
    /// A step takes some ten to thirty nanoseconds.
    private static let stepLimit = 1_000_000

    /// Nodes that are checked within one another. A node and a value in it take up to three where references and alternatives lie between.
    private static let depthLimit = 640

    let schema: JSONSchema
    let schemaItems: JSONItems
    let answer: JSONItems
    private let limit: Int

    private(set) var findings: [Finding] = []
    /// Findings beyond this many are not kept, and the first fault decides once there are as many.
    private var ceiling: Int
    private var steps = Self.stepLimit
    private var depth = 0
    /// The references that are being followed, and for which value.
    private var followed: [(node: Int, item: Int)] = []
    /// Which of their named members the objects that are being checked have; the innermost one's are the last.
    var seen: [Bool] = []

    /// - Parameters:
    ///   - text: the schema's ``JSONSchema/text``.
    ///   - limit: how many problems to find.
    init(schema: JSONSchema, text: UnsafeRawBufferPointer, answer: JSONItems, limit: Int) {
        self.schema = schema
        schemaItems = JSONItems(text, items: schema.items)
        self.answer = answer
        self.limit = limit
        ceiling = limit
    }

    /// True if not everything was checked because it was too much.
    var isExhausted: Bool { steps < 0 }

    /// True if the first fault decides.
    var isQuiet: Bool { findings.count >= ceiling }

    // MARK: Nodes

    /// Checks a value, or a member's name, against a node.
    mutating func check(_ node: Int, _ item: Int) -> Truth {
        take(4)
        if depth >= Self.depthLimit { steps = -1 }
        guard !isExhausted else { return .unknown }
        let node = schema.nodes[node]
        if node.acceptsNull, answer[item].kind == .null { return .valid }
        depth += 1
        defer { depth -= 1 }
        var truth = Truth.valid
        for index in node.assertions {
            truth = truth.and(check(schema.assertions[index], item))
            if truth == .invalid && isQuiet { break }
        }
        return truth
    }

    private mutating func check(_ assertion: Assertion, _ item: Int) -> Truth {
        switch assertion {
        case .never: return fail(item, .forbidden)
        case .unchecked: return .unknown
        case .types(let types): return expect(isOne(of: types, item), item, .type(types))
        case .constant(let value): return expect(isEqual(item, toSchema: value), item, .constant(item: value))
        case .enumeration(let list):
            return expect(schemaItems.children(of: list).contains { isEqual(item, toSchema: $0) }, item, .enumeration(item: list))
        case .bound(let bound, let limit, let place):
            guard answer[item].kind == .number else { return .valid }
            return expect(Self.isWithin(number(item), bound, limit), item, .bound(bound, item: place))
        case .multiple(let divisor, let place):
            guard answer[item].kind == .number else { return .valid }
            return expect(number(item).isMultiple(of: divisor), item, .multiple(item: place))
        case .length(let counts):
            guard answer[item].kind == .string else { return .valid }
            take(answer[item].range.count / 8)
            return expectCount(answer.length(item), counts, item, .length)
        case .pattern(let pattern, let place):
            guard answer[item].kind == .string else { return .valid }
            let truth = match(pattern, item)
            return truth == .invalid ? fail(item, .pattern(item: place)) : truth
        case .object(let rules): return answer[item].kind == .object ? check(schema.objects[rules], object: item) : .valid
        case .array(let rules): return answer[item].kind == .array ? check(schema.arrays[rules], array: item) : .valid
        case .reference(let reference):
            guard let node = schema.references[reference], !isFollowing(node, item) else { return .unknown }
            followed.append((node, item))
            defer { followed.removeLast() }
            return check(node, item)
        case .all(let list):
            var truth = Truth.valid
            for index in list {
                truth = truth.and(check(schema.lists[index], item))
                if truth == .invalid && isQuiet { break }
            }
            return truth
        case .any(let list): return checkForms(list, item, isExclusive: false)
        case .one(let list): return checkForms(list, item, isExclusive: true)
        case .not(let node):
            let truth = checkQuietly(node, item).negated
            return truth == .invalid ? fail(item, .unwanted) : truth
        case .conditional(let condition, let then, let otherwise): return check(if: condition, then: then, else: otherwise, item)
        }
    }

    /// True if a reference has led to this node for this value, and so would again without end.
    private func isFollowing(_ node: Int, _ item: Int) -> Bool {
        for entry in followed.reversed() {
            guard entry.item == item else { return false }
            if entry.node == node { return true }
        }
        return false
    }

    // MARK: Findings

    /// Notes a fault. What comes of more work than is allowed is no fault.
    mutating func fail(_ item: Int, _ fault: Fault) -> Truth {
        guard !isExhausted else { return .unknown }
        if findings.count < ceiling { findings.append(Finding(item: item, fault: fault)) }
        return .invalid
    }

    mutating func expect(_ holds: Bool, _ item: Int, _ fault: @autoclosure () -> Fault) -> Truth {
        guard holds else { return fail(item, fault()) }
        return isExhausted ? .unknown : .valid
    }

    mutating func expectCount(_ count: Int, _ counts: Counts, _ item: Int, _ thing: Counted) -> Truth {
        if count < counts.least { return fail(item, .tooFew(thing, count, least: counts.least)) }
        return expect(count <= counts.most, item, .tooMany(thing, count, most: counts.most))
    }

    /// Checks without noting faults.
    mutating func checkQuietly(_ node: Int, _ item: Int) -> Truth {
        let before = ceiling
        ceiling = 0
        defer { ceiling = before }
        return check(node, item)
    }

    /// Checks a value against one of several nodes; enough faults are noted to compare the nodes.
    mutating func checkForm(_ node: Int, _ item: Int) -> Truth {
        let before = ceiling
        ceiling = findings.count + max(limit, 5)
        defer { ceiling = before }
        return check(node, item)
    }

    /// Forgets the findings from `start` on, or those that are too many.
    mutating func keepFindings(before start: Int? = nil) {
        let count = start ?? max(ceiling, 0)
        if findings.count > count { findings.removeLast(findings.count - count) }
    }

    // MARK: Work

    mutating func take(_ count: Int) {
        if steps >= 0 { steps = count > steps ? -1 : steps - count }
    }

    /// The number at `item` of the answer.
    mutating func number(_ item: Int) -> DecimalNumber {
        take(3 + answer[item].range.count / 8)
        return answer.number(item)
    }

    /// Whether a string, or a member's name, matches a pattern.
    mutating func match(_ pattern: Int, _ item: Int) -> Truth {
        guard let pattern = schema.patterns[pattern], !isExhausted else { return .unknown }
        take(answer[item].range.count / 8)
        var left = steps
        let isFound = answer.withUTF8(item) { utf8 in pattern.isFound(in: utf8, steps: &left) }
        steps = left
        if isFound { return .valid }
        return isExhausted ? .unknown : .invalid
    }
}
