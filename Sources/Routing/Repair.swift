internal import Envelope
internal import Providers

/// The request that asks a model to mend an answer.
struct Repair {
    /// An envelope.
    let message: WrittenBytes
    let request: RequestEnvelope

    /// - Parameters:
    ///   - bytes: the message that `request` was decoded from.
    ///   - body: what the answer's ranges refer to.
    ///   - problems: what is wrong with it.
    /// - Returns: nil if there is nothing to mend.
    init?(
        of result: ProviderResult, _ body: UnsafeRawBufferPointer, to request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer,
        problems: String
    ) {
        guard case .message(let answer, _) = result.content, let content = JSONView(at: answer, in: body)["content"],
            let messages = request.payload(.messages)
        else { return nil }
        var writer = ByteWriter(capacity: bytes.count + answer.count + 512)
        writer.append("{\"id\":")
        writer.append(bytes[request.idRange])
        writer.append(",\"messages\":")
        writer.append(bytes[ByteRange(start: messages.start, end: messages.end - 1)])
        writer.append(",{\"role\":\"assistant\",\"content\":")
        writer.append(content.json)
        writer.append("},{\"role\":\"user\",\"content\":")
        writer.appendJSON(
            "Your last answer does not fit the JSON schema: \(problems). Answer again, with nothing but the corrected JSON.")
        writer.append("}]")
        for field in request.payload where field.field != .messages && field.field != .other {
            writer.append(",")
            writer.append(bytes[field.member])
        }
        var separator: StaticString = ",\"extra\":{"
        for field in request.payload where field.field == .other {
            writer.append(separator)
            writer.append(bytes[field.member])
            separator = ","
        }
        if request.payload.contains(where: { $0.field == .other }) { writer.append("}") }
        writer.append("}")
        let written = WrittenBytes(writer)
        guard let decoded = try? RequestDecoder.decode(written.bytes) else { return nil }
        message = written
        self.request = decoded
    }
}
