package import Envelope

/// The wire format of Google's Gemini API.
/// https://ai.google.dev/api/generate-content
package struct GeminiFormat: WireFormat {
    static let provider = "gemini"

    package let name = GeminiFormat.provider
    package let defaultBaseURL = "https://generativelanguage.googleapis.com/v1beta"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? {
        switch type {
        case .chat: isStreamed ? "/models/{model}:streamGenerateContent?alt=sse" : "/models/{model}:generateContent"
        case .completion: nil
        case .embedding: "/models/{model}:batchEmbedContents"
        }
    }

    /// The key goes into a header field, never into the URL, which ends up in logs.
    package func headers(key: String?, organization: String?) -> [HTTPField] {
        var headers = [HTTPField(name: "content-type", value: "application/json")]
        if let key, !key.isEmpty { headers.append(HTTPField(name: "x-goog-api-key", value: key)) }
        return headers
    }

    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        switch call.request.type {
        case .chat: try GeminiRequestWriter(copy call).write(into: &writer)
        case .completion: throw .unsupported(name, "completions of a prompt", "send messages")
        case .embedding: try GeminiEmbeddings.write(call, into: &writer)
        }
    }

    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        let answer: JSONView
        do {
            answer = try JSONView(parsing: body)
        } catch {
            throw .notJSON(error)
        }
        if GeminiErrorBody.isError(answer) { throw classify(status: 200, header: { _ in nil }, body: body, now: 0) }
        if type == .embedding { return try GeminiEmbeddings.read(answer) }
        var builder = AnswerBuilder(type)
        var reader = GeminiAnswerReader()
        try reader.read(answer, into: &builder)
        return try builder.result()
    }

    package func makeStreamReader(_ type: RequestType) -> any StreamReader {
        GeminiStreamReader(classify: { classify(status: 200, header: { _ in nil }, body: $0, now: 0) })
    }

    /// Gemini says nothing of its limits in header fields.
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] { [] }

    /// A value of a request's for an error message, no longer than worth reading.
    static func quoted(_ value: JSONView, limit: Int = 40) -> String {
        String(decoding: value.json.prefix(limit), as: UTF8.self) + (value.json.count > limit ? "…" : "")
    }
}
