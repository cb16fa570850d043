package import Envelope

/// The wire format of OpenAI's chat completions, completions and embeddings, which many services and servers understand.
///
/// Requests have OpenAI's field names already, so their members are copied byte for byte.
/// https://platform.openai.com/docs/api-reference/chat
package struct OpenAIFormat: WireFormat {
    package let name = "openai"
    package let defaultBaseURL = "https://api.openai.com/v1"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? {
        switch type {
        case .chat: "/chat/completions"
        case .completion: "/completions"
        case .embedding: "/embeddings"
        }
    }

    package func headers(key: String?, organization: String?) -> [HTTPField] {
        var headers = [HTTPField(name: "content-type", value: "application/json")]
        if let key, !key.isEmpty { headers.append(HTTPField(name: "authorization", value: "Bearer \(key)")) }
        if let organization, !organization.isEmpty { headers.append(HTTPField(name: "openai-organization", value: organization)) }
        return headers
    }

    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        writer.append("{\"model\":")
        writer.appendJSON(call.model)
        for field in call.request.payload {
            writer.append(",")
            writer.append(call.bytes[field.member])
        }
        if call.request.stream {
            writer.append(call.asksForStreamUsage ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : ",\"stream\":true")
        }
        writer.append("}")
    }

    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        try Self.decode(type, body) { classify(status: 200, header: { _ in nil }, body: $0, now: 0) }
    }

    /// Reads a complete answer.
    ///
    /// - Parameter classify: tells what a body means that is an error.
    static func decode(
        _ type: RequestType, _ body: UnsafeRawBufferPointer, classify: (UnsafeRawBufferPointer) -> ProviderError
    ) throws(ProviderError) -> ProviderResult {
        var reader = OpenAIResponseReader(type, body)
        do throws(JSONError) {
            try reader.read()
        } catch {
            throw .notJSON(error)
        }
        if reader.hasError && !reader.hasContent { throw classify(body) }
        if reader.hasFailed { throw .failedModel }
        return try reader.result()
    }

    package func makeStreamReader(_ type: RequestType) -> any StreamReader {
        OpenAIStreamReader(type, classify: { classify(status: 200, header: { _ in nil }, body: $0, now: 0) })
    }
}
