internal import Envelope

/// A schema or subschema, compiled: all of its assertions must hold.
struct SchemaNode: Sendable {
    /// Its part of ``JSONSchema/assertions``.
    var assertions = 0..<0

    /// OpenAPI's `nullable: true`: null is valid, whatever is asserted.
    var acceptsNull = false
}

/// The types that a value may have.
struct TypeSet: OptionSet, Sendable {
    let rawValue: UInt8

    static let object = TypeSet(rawValue: 1)
    static let array = TypeSet(rawValue: 2)
    static let string = TypeSet(rawValue: 4)
    static let number = TypeSet(rawValue: 8)
    static let integer = TypeSet(rawValue: 16)
    static let boolean = TypeSet(rawValue: 32)
    static let null = TypeSet(rawValue: 64)

    static let names: [(name: String, type: TypeSet, description: String)] = [
        ("object", .object, "an object"), ("array", .array, "an array"), ("string", .string, "a string"), ("number", .number, "a number"),
        ("integer", .integer, "an integer"), ("boolean", .boolean, "a boolean"), ("null", .null, "null"),
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ kind: JSONKind) {
        self =
            switch kind {
            case .object: .object
            case .array: .array
            case .string: .string
            case .number: .number
            case .boolean: .boolean
            case .null: .null
            }
    }
}

/// One thing that must hold. Numbers are indices into the tables of ``JSONSchema``, or of the schema's items.
enum Assertion: Sendable {
    /// The schema `false`.
    case never
    /// A keyword that this checker does not know how to check.
    case unchecked
    case types(TypeSet)
    case constant(item: Int)
    case enumeration(item: Int)
    case bound(Bound, DecimalNumber, item: Int)
    case multiple(DecimalNumber, item: Int)
    case length(Counts)
    case pattern(Int, item: Int)
    case object(Int)
    case array(Int)
    case reference(Int)
    case all(Range<Int>)
    case any(Range<Int>)
    case one(Range<Int>)
    case not(Int)
    case conditional(if: Int, then: Int?, else: Int?)
}

enum Bound: Sendable {
    case minimum
    case maximum
    case exclusiveMinimum
    case exclusiveMaximum
}

/// How many there may be; none, where the least is more than the most.
struct Counts: Sendable {
    var least = 0
    var most = Int.max
}

/// What is asserted of an object.
struct ObjectRules: Sendable {
    /// A member that the schema names.
    struct Member: Sendable {
        /// Its name in ``JSONSchema/text``.
        let name: ByteRange
        /// What its value must fit, if it is one of `properties`.
        var node: Int?
    }

    /// Sorted by length and bytes of the name.
    var members: [Member] = []
    /// Indices of members, in the order of the schema.
    var required: [Int] = []
    var patterns: [(pattern: Int, node: Int)] = []
    var additional: Int?
    var names: Int?
    var count = Counts()
    /// If the one member is there, so must be the other.
    var dependentMembers: [(trigger: Int, needed: Int)] = []
    /// If the member is there, the object must fit the node.
    var dependentNodes: [(trigger: Int, node: Int)] = []
}

/// What is asserted of an array.
struct ArrayRules: Sendable {
    var prefix: [Int] = []
    /// What the elements after the prefix must fit.
    var rest: Int?
    var contains: Int?
    var containsCount = Counts(least: 1)
    var count = Counts()
    var isUnique = false
}
