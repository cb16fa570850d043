import Envelope

/// The wire format of OpenAI's chat completions, completions and embeddings.
///
/// Requests have OpenAI's field names already, so their members are copied byte for byte.
enum OpenAIFormat {
    static func path(for type: RequestType) -> StaticString {
        switch type {
        case .chat: "/chat/completions"
        case .completion: "/completions"
        case .embedding: "/embeddings"
        }
    }

    static func headers(key: String?, organization: String?) -> [HTTPField] {
        var headers = [HTTPField(name: "content-type", value: "application/json")]
        if let key, !key.isEmpty { headers.append(HTTPField(name: "authorization", value: "Bearer \(key)")) }
        if let organization, !organization.isEmpty { headers.append(HTTPField(name: "openai-organization", value: organization)) }
        return headers
    }

    static func writeBody(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, model: String, into writer: inout ByteWriter
    ) {
        writer.append("{\"model\":")
        writer.appendJSON(model)
        for field in request.payload {
            writer.append(",")
            writer.append(bytes[field.member])
        }
        writer.append("}")
    }

    static func decodeResponse(_ type: RequestType, _ bytes: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        var reader = OpenAIResponseReader(type, bytes)
        do throws(JSONError) {
            try reader.read()
        } catch {
            throw ProviderError(code: .malformedResponse, message: "the provider's answer is not valid JSON: \(error.message)")
        }
        if reader.hasError && !reader.hasContent {
            throw classify(status: 200, header: { _ in nil }, body: bytes, now: 0)
        }
        return try reader.result()
    }
}
