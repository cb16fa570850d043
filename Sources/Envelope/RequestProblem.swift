/// A fault of a request, kept without strings until somebody wants to read about it.
enum RequestProblem {
    /// A field with a value of another kind than expected.
    case wrongKind(FieldPath, expected: StaticString, found: JSONValue)
    /// A field of the right kind with a value out of bounds.
    case wrongValue(FieldPath, expected: StaticString, found: JSONValue)
    /// A field that must not stand where it does, or is missing, with the remedy.
    case statement(ErrorCode, FieldPath, StaticString)
    /// A key that is given twice.
    case duplicate(JSONString)
    /// A top-level key that nobody knows.
    case unknown(JSONString)
    /// A key in `extra`, or in a batch line's body, that Switchyard sets itself.
    case reserved(JSONString, StaticString)

    var code: ErrorCode {
        if case .statement(let code, _, _) = self { return code }
        return .invalidRequest
    }

    /// The fault in words.
    ///
    /// - Parameter bytes: the message that has it.
    func message(in bytes: UnsafeRawBufferPointer) -> String {
        switch self {
        case .wrongKind(let path, let expected, let value):
            return "\(path.description): expected \(expected), found \(value.kind.description) at byte \(value.range.start)"
        case .wrongValue(let path, let expected, let value):
            let found = Self.excerpt(value.range, in: bytes)
            return "\(path.description): expected \(expected), found \(found) at byte \(value.range.start)"
        case .statement(_, let path, let statement):
            return "\(path.description) \(statement)"
        case .duplicate(let key):
            return "the field \(Self.excerpt(key.quoted, in: bytes)) at byte \(key.quoted.start) is given twice; give it once"
        case .unknown(let key):
            let name = Self.excerpt(key.quoted, in: bytes)
            let suggestion = NearestName.of(JSONText.string(key, in: bytes)).map { "; did you mean \"\($0)\"?" } ?? "."
            return "unknown field \(name) at byte \(key.quoted.start)\(suggestion) Fields for the provider alone belong in \"extra\""
        case .reserved(let key, let remedy):
            return "the field \(Self.excerpt(key.quoted, in: bytes)) at byte \(key.quoted.start) \(remedy)"
        }
    }

    private static func excerpt(_ range: ByteRange, in bytes: UnsafeRawBufferPointer) -> String {
        let limit = 64
        guard range.count > limit else { return String(decoding: bytes[range], as: UTF8.self) }
        var end = range.start + limit
        while end > range.start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[ByteRange(start: range.start, end: end)], as: UTF8.self) + "…"
    }
}
