/// A value as it is written, before its key says what it must be.
enum RawValue: Sendable {
    case scalar(String)
    case list([String])
}

/// A value that its key's kind allows.
enum Value: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case list([String])
    case secret(Secret)
    case secrets([Secret])
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: String...) { self = .list(elements) }
}
