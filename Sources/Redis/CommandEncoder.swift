/// Writes commands in Redis's protocol into one buffer that is used again and again.
struct CommandEncoder {
    private static let keptCapacity = 1 << 20

    private var buffer: [UInt8] = []

    /// Writes a command, and forgets the one before.
    mutating func encode(_ words: [RedisArgument]) {
        begin(count: words.count)
        for word in words { append(word) }
    }

    /// Writes a call of a script, and forgets the command before.
    ///
    /// - Parameter source: the script, or its digest.
    mutating func encode(_ name: RedisArgument, source: [UInt8], _ keys: [RedisArgument], _ arguments: [RedisArgument]) {
        begin(count: 3 + keys.count + arguments.count)
        append(name)
        append(source)
        append(.integer(keys.count))
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    private mutating func begin(count: Int) {
        if buffer.capacity > Self.keptCapacity { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        appendHeader(UInt8(ascii: "*"), count)
    }

    private mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .literal(let text):
            text.withUTF8Buffer { append($0) }
        case .string(var text):
            text.withUTF8 { append($0) }
        case .bytes(let bytes):
            append(bytes)
        case .integer(let value):
            appendHeader(UInt8(ascii: "$"), Self.width(value))
            appendDecimal(value)
            appendLineEnd()
        }
    }

    private mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// The command, followed in memory by one zero byte, which hiredis looks at.
    mutating func withCommand<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        buffer.append(0)
        defer { buffer.removeLast() }
        return buffer.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0.dropLast())) }
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        appendHeader(UInt8(ascii: "$"), bytes.count)
        buffer.append(contentsOf: bytes)
        appendLineEnd()
    }

    private mutating func appendHeader(_ marker: UInt8, _ count: Int) {
        buffer.append(marker)
        appendDecimal(count)
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        buffer.append(UInt8(ascii: "\r"))
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func appendDecimal(_ value: Int) {
        var rest = value.magnitude
        if value < 0 { buffer.append(UInt8(ascii: "-")) }
        if rest < 10 {
            buffer.append(UInt8(ascii: "0") + UInt8(rest))
            return
        }
        let start = buffer.count
        while rest > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        buffer[start...].reverse()
    }

    private static func width(_ value: Int) -> Int {
        var width = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            width += 1
        }
        return width
    }
}
