internal import Envelope

/// The answer to a request for embeddings: for each input a vector that only the seed and the input determine.
struct EmbeddingAnswer {
    let request: ModelRequest
    let seed: UInt64

    func write(to writer: inout ByteWriter) {
        writer.append("{\"object\":\"list\",\"data\":[")
        for (index, input) in request.inputs.enumerated() {
            if index > 0 { writer.append(",") }
            writer.append("{\"object\":\"embedding\",\"index\":")
            writer.append(index)
            writer.append(",\"embedding\":")
            var stream = RandomStream(seed: seed, fingerprint: input)
            if request.isBase64 { writeBase64(&stream, to: &writer) } else { writeNumbers(&stream, to: &writer) }
            writer.append("}")
        }
        writer.append("],\"model\":")
        writer.append(text: request.model)
        writer.append(",\"usage\":{\"prompt_tokens\":")
        writer.append(request.promptTokens)
        writer.append(",\"total_tokens\":")
        writer.append(request.promptTokens)
        writer.append("}}")
    }

    private func writeNumbers(_ stream: inout RandomStream, to writer: inout ByteWriter) {
        writer.append("[")
        for index in 0..<request.dimensions {
            if index > 0 { writer.append(",") }
            writer.append(component(&stream), decimals: 7)
        }
        writer.append("]")
    }

    private func writeBase64(_ stream: inout RandomStream, to writer: inout ByteWriter) {
        writer.append("\"")
        var bits = Base64Bits()
        for _ in 0..<request.dimensions {
            let pattern = Float(component(&stream)).bitPattern
            for shift: UInt32 in [0, 8, 16, 24] { bits.append(UInt8(truncatingIfNeeded: pattern >> shift), to: &writer) }
        }
        bits.finish(to: &writer)
        writer.append("\"")
    }

    /// A component drawn so that the vector's length is about 1.
    private func component(_ stream: inout RandomStream) -> Double {
        (stream.unit() * 2 - 1) * (3 / Double(request.dimensions)).squareRoot()
    }
}

/// Base64 of bytes that come one after the other.
private struct Base64Bits {
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
