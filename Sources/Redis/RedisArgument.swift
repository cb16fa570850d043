/// One word of a command. A literal is one too: `execute("SET", .string(key), .bytes(value), "PX", 500)`.
package enum RedisArgument: Sendable {
    case literal(StaticString)
    case string(String)
    case bytes([UInt8])
    case integer(Int)
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: StaticString) {
        self = .literal(value)
    }

    package init(integerLiteral value: Int) {
        self = .integer(value)
    }
}
