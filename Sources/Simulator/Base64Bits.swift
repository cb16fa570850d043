internal import Envelope

/// Base64 of bytes that come one after the other.
struct Base64Bits {
    private var bits: UInt32 = 0
    private var byteCount = 0

    mutating func append(_ byte: UInt8, to writer: inout ByteWriter) {
        bits = bits << 8 | UInt32(byte)
        byteCount += 1
        if byteCount == 3 { flush(digits: 4, to: &writer) }
    }

    mutating func finish(to writer: inout ByteWriter) {
        guard byteCount > 0 else { return }
        let missing = 3 - byteCount
        bits <<= UInt32(8 * missing)
        flush(digits: 4 - missing, to: &writer)
        for _ in 0..<missing { writer.append("=") }
    }

    private mutating func flush(digits: Int, to writer: inout ByteWriter) {
        for index in 0..<digits { writer.append(Self.digit(UInt8(bits >> UInt32(18 - 6 * index) & 63))) }
        (bits, byteCount) = (0, 0)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
