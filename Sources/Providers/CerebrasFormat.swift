package import Envelope

/// The wire format of Cerebras: OpenAI's, with its own rules for length, errors and rate limits.
/// https://inference-docs.cerebras.ai/api-reference/chat-completions
package struct CerebrasFormat: WireFormat {
    package let name = "cerebras"
    package let defaultBaseURL = "https://api.cerebras.ai/v1"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? { nil }
    package func headers(key: String?, organization: String?) -> [HTTPField] { OpenAIFormat().headers(key: key, organization: nil) }
    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {}
    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        try OpenAIFormat().decodeAnswer(type, body)
    }
    package func makeStreamReader(_ type: RequestType) -> any StreamReader { OpenAIFormat().makeStreamReader(type) }
    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        OpenAIFormat().classify(status: status, header: header, body: body, now: now)
    }
    package func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading] { [] }
}
