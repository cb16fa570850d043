/// Turns messages of the request topic into requests.
package enum RequestDecoder {
    /// Decodes and checks one message: a request envelope or a line of the OpenAI Batch format.
    ///
    /// - Parameter bytes: the message's value.
    /// - Returns: the request, whose ranges refer to `bytes`.
    /// - Throws: ``EnvelopeError`` naming the first fault, with the id if it could be read all the same.
    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(EnvelopeError) -> RequestEnvelope {
        guard bytes.count <= Int(UInt32.max) else {
            throw EnvelopeError(code: .requestTooLarge, message: "the message has \(bytes.count) bytes; send less than 4 GiB")
        }
        var reader = RequestReader(bytes)
        guard !reader.isBlank else {
            throw EnvelopeError(code: .emptyMessage, message: "the message is empty; send one JSON object with id, model and messages")
        }
        do throws(JSONError) {
            try reader.readMessage()
        } catch {
            throw reader.error(
                .invalidJSON, "the message is not valid JSON: \(error.message); send one JSON object in UTF-8")
        }
        return try reader.finish()
    }
}
