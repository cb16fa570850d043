internal import Envelope

/// A JSON value as a tree, for the small parts of a request that are looked at closely.
indirect enum JSONTree: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        let name: String
        let value: JSONTree
    }

    case null
    case boolean(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([Member])

    /// - Parameter bytes: one JSON text.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        self = try Self.read(&scanner, bytes)
        try scanner.end()
    }

    private static func read(_ scanner: inout JSONScanner, _ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONTree {
        switch try scanner.nextKind() {
        case .object:
            var members: [Member] = []
            var more = try scanner.openObject()
            while more {
                let name = JSONText.string(try scanner.key(), in: bytes)
                members.append(Member(name: name, value: try read(&scanner, bytes)))
                more = try scanner.nextMember()
            }
            return .object(members)
        case .array:
            var elements: [JSONTree] = []
            var more = try scanner.openArray()
            while more {
                elements.append(try read(&scanner, bytes))
                more = try scanner.nextElement()
            }
            return .array(elements)
        case .string: return .string(JSONText.string(at: try scanner.value().range, in: bytes))
        case .number: return .number(String(decoding: bytes[try scanner.value().range], as: UTF8.self))
        case .boolean: return .boolean(JSONText.boolean(at: try scanner.value().range, in: bytes) ?? false)
        case .null:
            _ = try scanner.value()
            return .null
        }
    }

    // MARK: Parts

    /// The value of an object's member; nil if this is no object or has no such member.
    subscript(_ name: String) -> JSONTree? { members.first { $0.name == name }?.value }

    /// The value of a member in either spelling, `minItems` or `min_items`: Google's API takes both.
    subscript(either name: String) -> JSONTree? {
        self[name] ?? self[name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }]
    }

    /// Empty if this is no object.
    var members: [Member] { if case .object(let members) = self { members } else { [] } }

    /// Empty if this is no array.
    var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }

    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// Of a number too large for a double nil, as of what is no number.
    var number: Double? {
        guard case .number(let text) = self, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// A number rounded towards zero; nil also if it does not fit.
    var integer: Int? { number.flatMap { Int(exactly: $0.rounded(.towardZero)) } }

    var isTrue: Bool { self == .boolean(true) }

    // MARK: Writing

    func write(to writer: inout ByteWriter) {
        switch self {
        case .null: writer.append("null")
        case .boolean(let boolean): writer.append(boolean)
        case .number(let text): writer.append(text: text)
        case .string(let text): writer.appendJSON(text)
        case .array(let elements):
            writer.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.append(",") }
                element.write(to: &writer)
            }
            writer.append("]")
        case .object(let members):
            writer.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { writer.append(",") }
                writer.appendJSON(member.name)
                writer.append(":")
                member.value.write(to: &writer)
            }
            writer.append("}")
        }
    }

    /// As JSON text.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 256)
        write(to: &writer)
        return Array(writer.bytes)
    }
}
