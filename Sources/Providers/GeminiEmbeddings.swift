import Envelope

/// Embeddings, of which each text is a request of its own in one batch.
/// https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
enum GeminiEmbeddings {
    /// The longest member of `extra` that is repeated for each text.
    private static let longestExtra = 1024

    static func write(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        var shared = GeminiMembers()
        for field in call.request.payload {
            let value = JSONView(at: field.value, in: call.bytes)
            switch field.field {
            case .input, .user: break
            case .other: try copyExtra(call.bytes[field.key], value, into: &shared)
            case _ where value.kind == .null: break
            case .dimensions: shared.write("outputDimensionality", value)
            case .encodingFormat:
                if !value.isString("float") { throw .unsupported(GeminiFormat.provider, "encoding_format but \"float\"") }
            default: throw .unsupported(GeminiFormat.provider, "\(field.field.name) in embedding requests")
            }
        }
        guard let input = call[.input] else { throw .untranslatable(GeminiFormat.provider, "input is null") }
        writer.append("{\"requests\":[")
        if input.kind == .string {
            try write(input, call.model, shared, into: &writer)
        } else {
            var isFirst = true
            let model = call.model
            try input.forEachElement { (text: JSONView) throws(ProviderError) in
                if !isFirst { writer.append(",") }
                isFirst = false
                try write(text, model, shared, into: &writer)
            }
        }
        writer.append("]}")
    }

    /// Adds a member that each request has, such as `taskType`; the batch has none but `requests`.
    private static func copyExtra(
        _ key: UnsafeRawBufferPointer, _ value: JSONView, into shared: inout GeminiMembers
    ) throws(ProviderError) {
        guard !key.elementsEqual("\"model\"".utf8), !key.elementsEqual("\"content\"".utf8),
            !key.elementsEqual("\"outputDimensionality\"".utf8)
        else { throw .untranslatable(GeminiFormat.provider, "extra has a member that the request's own fields give already") }
        guard key.count + value.json.count <= longestExtra else {
            throw .untranslatable(
                GeminiFormat.provider, "a member of extra is longer than \(longestExtra) bytes, and would be repeated for each input")
        }
        shared.copy(key, value)
    }

    private static func write(
        _ text: JSONView, _ model: String, _ shared: borrowing GeminiMembers, into writer: inout ByteWriter
    ) throws(ProviderError) {
        guard text.kind == .string else {
            throw .unsupported(GeminiFormat.provider, "input but texts", "give a string or an array of strings")
        }
        writer.append("{\"model\":")
        writer.appendJSON("models/\(model)")
        writer.append(",\"content\":{\"parts\":[{\"text\":")
        writer.append(text.json)
        writer.append("}],\"role\":\"user\"}")
        shared.write(into: &writer, isFirst: false)
        writer.append("}")
    }

    /// Reads the answer to a batch.
    static func read(_ answer: JSONView) throws(ProviderError) -> ProviderResult {
        guard let embeddings = answer["embeddings"], embeddings.kind == .array else {
            throw .malformed("\"embeddings\" is missing", .embedding)
        }
        var ranges: [ByteRange] = []
        try embeddings.forEachElement { (embedding: JSONView) throws(ProviderError) in
            guard let values = embedding["values"], values.kind == .array else {
                throw .malformed("an element of \"embeddings\" has no \"values\"", .embedding)
            }
            ranges.append(values.range)
        }
        guard !ranges.isEmpty else { throw .malformed("\"embeddings\" is empty", .embedding) }
        return ProviderResult(
            content: .embeddings(ranges), finishReason: nil, usage: answer["usageMetadata"].flatMap(GeminiUsage.read), model: nil)
    }
}
