internal import Envelope

extension ByteWriter {
    /// Appends a value so that two that mean the same are written the same: members by name, no white space, each character and each number
    /// in one way.
    mutating func appendCanonical(_ value: JSONView) {
        switch value.kind {
        case .object: appendCanonicalObject(value)
        case .array:
            append("[")
            var isFirst = true
            value.forEachElement { element in
                if !isFirst { append(",") }
                isFirst = false
                appendCanonical(element)
            }
            append("]")
        case .string:
            if value.json.contains(UInt8(ascii: "\\")), let text = value.string { appendJSON(text) } else { append(value.json) }
        case .number: appendCanonicalNumber(value)
        case .boolean, .null: append(value.json)
        }
    }

    /// Appends the elements of an array but the last.
    mutating func appendCanonicalButLast(_ array: JSONView) {
        var previous: JSONView?
        array.forEachElement { element in
            if let previous { appendCanonical(previous) }
            previous = element
        }
    }

    private mutating func appendCanonicalObject(_ object: JSONView) {
        var members: [(name: String, value: JSONView)] = []
        object.forEachMember { key, value in members.append((key.name, value)) }
        members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        append("{")
        for (index, member) in members.enumerated() {
            if index > 0 { append(",") }
            appendJSON(member.name)
            append(":")
            appendCanonical(member.value)
        }
        append("}")
    }

    private mutating func appendCanonicalNumber(_ value: JSONView) {
        guard value.integer == nil, let number = value.double else { return append(value.json) }
        // 1e2 and 100.0 are 100, and -0 is 0.
        if let whole = Int(exactly: number), whole.magnitude <= 1 << 53 { append(whole) } else { append(number) }
    }
}
