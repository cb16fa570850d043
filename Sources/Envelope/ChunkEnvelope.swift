/// A piece of a streamed response, written for the chunk topic.
package struct ChunkEnvelope {
    /// The request's id as JSON, quotes included.
    package var id: UnsafeRawBufferPointer

    /// 0 for the first chunk of a response, then one more each.
    package var sequence: Int

    /// What the message gains, as a JSON object; `nil` writes an empty one.
    package var delta: UnsafeRawBufferPointer?

    /// True for a response's last chunk.
    package var isFinal: Bool

    /// Why the model stopped, as JSON, quotes included. Only the last chunk has it.
    package var finishReason: UnsafeRawBufferPointer?

    package init(
        id: UnsafeRawBufferPointer, sequence: Int, delta: UnsafeRawBufferPointer?, isFinal: Bool = false,
        finishReason: UnsafeRawBufferPointer? = nil
    ) {
        self.id = id
        self.sequence = sequence
        self.delta = delta
        self.isFinal = isFinal
        self.finishReason = finishReason
    }

    /// Appends the chunk as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.append("{\"version\":1,\"id\":")
        writer.append(id)
        writer.append(",\"sequence\":")
        writer.append(sequence)
        writer.append(",\"delta\":")
        if let delta { writer.append(delta) } else { writer.append("{}") }
        writer.append(",\"final\":")
        writer.append(isFinal)
        if isFinal {
            writer.append(",\"finish_reason\":")
            if let finishReason { writer.append(finishReason) } else { writer.append("null") }
        }
        writer.append("}")
    }
}
