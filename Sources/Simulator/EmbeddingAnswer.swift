internal import Envelope

/// The answer to a request for embeddings: for each input a vector that only the seed and the input determine.
struct EmbeddingAnswer {
    let request: ModelRequest
    let seed: UInt64
    /// Names the answer.
    var identifier: UInt64 = 0

    func write(to writer: inout ByteWriter) {
        request.dialect.append(self, to: &writer)
    }

    /// The vector of one input.
    func vector(_ input: UInt64) -> EmbeddingVector {
        EmbeddingVector(RandomStream(seed: seed, fingerprint: input), dimensions: request.dimensions)
    }
}

/// A vector whose length is about 1, in the forms in which providers write vectors.
struct EmbeddingVector {
    private let stream: RandomStream
    private let dimensions: Int

    init(_ stream: RandomStream, dimensions: Int) {
        self.stream = stream
        self.dimensions = dimensions
    }

    func appendNumbers(to writer: inout ByteWriter) {
        writer.append("[")
        forEach { index, component in
            if index > 0 { writer.append(",") }
            writer.append(component, decimals: 7)
        }
        writer.append("]")
    }

    /// Appends the components as bytes, -128 to 127, or 0 to 255.
    func appendBytes(isSigned: Bool, to writer: inout ByteWriter) {
        writer.append("[")
        forEach { index, component in
            if index > 0 { writer.append(",") }
            let byte = Int(max(min((component * 127).rounded(), 127), -128))
            writer.append(isSigned ? byte : byte + 128)
        }
        writer.append("]")
    }

    /// Appends the components' signs, eight to a byte.
    func appendBits(isSigned: Bool, to writer: inout ByteWriter) {
        writer.append("[")
        var bits = 0
        forEach { index, component in
            bits = bits << 1 | (component > 0 ? 1 : 0)
            guard index % 8 == 7 || index == dimensions - 1 else { return }
            if index > 7 { writer.append(",") }
            writer.append(isSigned ? bits - 128 : bits)
            bits = 0
        }
        writer.append("]")
    }

    /// Appends the components as floats of four bytes, the least significant first.
    func appendBase64(to writer: inout ByteWriter) {
        writer.append("\"")
        var bits = Base64Bits()
        forEach { _, component in
            let pattern = Float(component).bitPattern
            for shift: UInt32 in [0, 8, 16, 24] { bits.append(UInt8(truncatingIfNeeded: pattern >> shift), to: &writer) }
        }
        bits.finish(to: &writer)
        writer.append("\"")
    }

    private func forEach(_ body: (_ index: Int, _ component: Double) -> Void) {
        var stream = stream
        for index in 0..<dimensions { body(index, (stream.unit() * 2 - 1) * (3 / Double(dimensions)).squareRoot()) }
    }
}
