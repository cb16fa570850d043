/// A piece of a streamed response, written for the chunk topic.
package struct ChunkEnvelope {
    /// The request's id as JSON, quotes included.
    package var id: UnsafeRawBufferPointer

    /// 0 for the first chunk of a response, then one more each. A response that is begun anew, because a call broke off, has 0 again.
    package var sequence: Int

    /// Which of several answers it belongs to; 0 unless the request asked for more than one.
    package var choice: Int

    /// What the message gains, as a JSON object; `nil` writes an empty one.
    package var delta: UnsafeRawBufferPointer?

    /// True for a response's last chunk.
    package var isFinal: Bool

    /// Why the model stopped, as JSON, quotes included. Only the last chunk has it.
    package var finishReason: UnsafeRawBufferPointer?

    /// Why the request has failed. Only the last chunk may have it.
    package var error: (code: ErrorCode, message: String)?

    package init(
        id: UnsafeRawBufferPointer, sequence: Int, choice: Int = 0, delta: UnsafeRawBufferPointer?, isFinal: Bool = false,
        finishReason: UnsafeRawBufferPointer? = nil, error: (code: ErrorCode, message: String)? = nil
    ) {
        self.id = id
        self.sequence = sequence
        self.choice = choice
        self.delta = delta
        self.isFinal = isFinal
        self.finishReason = finishReason
        self.error = error
    }

    /// Appends the chunk as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.append("{\"version\":1,\"id\":")
        writer.append(id)
        writer.append(",\"sequence\":")
        writer.append(sequence)
        if choice > 0 {
            writer.append(",\"choice\":")
            writer.append(choice)
        }
        writer.append(",\"delta\":")
        if let delta { writer.append(delta) } else { writer.append("{}") }
        writer.append(",\"final\":")
        writer.append(isFinal)
        if isFinal {
            writer.append(",\"finish_reason\":")
            if let finishReason { writer.append(finishReason) } else { writer.append("null") }
        }
        if let error {
            writer.append(",\"error\":{\"code\":")
            writer.appendJSON(error.code.rawValue)
            writer.append(",\"message\":")
            writer.appendJSON(error.message)
            writer.append("}")
        }
        writer.append("}")
    }
}
