package import Envelope
internal import Security

/// One line of an input file as a request to be sent: an envelope, an OpenAI Batch line, or plain text that becomes a chat request.
package struct InputRequest: ~Copyable {
    /// The request's id; of plain text, derived from the line's place and content, so that the same file has the same ids again.
    package let id: String
    /// The envelope made of plain text; empty if the line is its own.
    private let made: ByteWriter

    /// - Parameters:
    ///   - line: the bytes of one line, not empty.
    ///   - number: the line's number in its file.
    ///   - model: the model for plain text.
    /// - Throws: `EnvelopeError` saying what is wrong with the line.
    package init(line: UnsafeRawBufferPointer, number: Int, model: String?) throws(EnvelopeError) {
        let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        if first == UInt8(ascii: "{") {
            id = try RequestDecoder.decode(line).id
            made = ByteWriter()
            return
        }
        guard let model else {
            throw EnvelopeError(
                code: .invalidRequest,
                message: "this is not a JSON object; to send lines of plain text as chat requests, name a model with --model")
        }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw EnvelopeError(code: .invalidRequest, message: "this is not UTF-8; convert the file, as by iconv -t utf-8")
        }
        id = "line-\(number)-\(Digest.sha256(line).prefix(16))"
        var writer = ByteWriter(capacity: line.count + 160)
        writer.append("{\"id\":\"")
        writer.append(text: id)
        writer.append("\",\"type\":\"chat\",\"model\":")
        writer.appendJSON(model)
        writer.append(",\"messages\":[{\"role\":\"user\",\"content\":")
        writer.appendJSON(text)
        writer.append("}]}")
        made = writer
    }

    /// The bytes to send: the line's own, or the envelope made of it.
    package borrowing func withPayload<Failure: Error>(
        of line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        try body(made.count > 0 ? made.bytes : line)
    }
}
