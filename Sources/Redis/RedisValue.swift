/// A reply of Redis, or a part of one.
package enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int)
    /// A simple string, as in `OK`.
    case status(String)
    /// A bulk string: any bytes, with nothing said of their encoding.
    case bytes([UInt8])
    case array([RedisValue])
    /// An error inside an array. A reply that is an error as a whole is thrown instead.
    case error(String)

    package var isNull: Bool {
        self == .null
    }

    /// The number, also where Redis sent it as text, as `GET` and Lua's strings do; nil for anything else.
    package var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// The bytes of a bulk string; nil for anything else.
    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    /// The text of a bulk or simple string, bytes that are not UTF-8 replaced; nil for anything else.
    package var string: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// The elements of an array; nil for anything else.
    package var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
