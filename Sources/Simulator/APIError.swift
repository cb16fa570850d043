internal import Envelope

/// An error as OpenAI's API reports it.
struct APIError: Error {
    let status: Int
    let type: StaticString
    let message: String
    var parameter: StaticString?
    var code: StaticString?
    var retryAfterMilliseconds: Int?

    private func write(to writer: inout ByteWriter) {
        writer.append("{\"error\":{\"message\":")
        writer.appendJSON(message)
        writer.append(",\"type\":\"")
        writer.append(type)
        writer.append("\",\"param\":")
        Self.write(parameter, to: &writer)
        writer.append(",\"code\":")
        Self.write(code, to: &writer)
        writer.append("}}")
    }

    private static func write(_ text: StaticString?, to writer: inout ByteWriter) {
        guard let text else { return writer.append("null") }
        writer.append("\"")
        writer.append(text)
        writer.append("\"")
    }

    /// Appends the whole answer.
    ///
    /// - Parameter identifier: names the request.
    func writeAnswer(identifier: UInt64?, reading: TokenBucket.Reading? = nil, isKeepAlive: Bool, to writer: inout ByteWriter) {
        var body = ByteWriter()
        write(to: &body)
        var head = ResponseHead(status: status, framing: .length(body.count), isKeepAlive: isKeepAlive, identifier: identifier)
        head.reading = reading
        head.retryAfterMilliseconds = retryAfterMilliseconds
        head.write(to: &writer)
        writer.append(body.bytes)
    }
}
