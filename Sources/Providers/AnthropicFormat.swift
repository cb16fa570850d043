package import Envelope

/// The wire format of Anthropic's Messages API.
///
/// It speaks version 2023-06-01. The next one, 2026-10-21, differs only in what it refuses: `temperature`, `top_p` and `top_k` among it.
/// https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/versioning
package struct AnthropicFormat: WireFormat {
    package let name = "anthropic"
    package let defaultBaseURL = "https://api.anthropic.com/v1"

    package init() {}

    package func path(for type: RequestType, isStreamed: Bool) -> StaticString? {
        type == .chat ? "/messages" : nil
    }

    package func headers(key: String?, organization: String?) -> [HTTPField] {
        var headers = [
            HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "anthropic-version", value: "2023-06-01"),
        ]
        if let key, !key.isEmpty { headers.append(HTTPField(name: "x-api-key", value: key)) }
        return headers
    }

    package func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError) {
        var request = AnthropicRequestWriter(call)
        try request.write(into: &writer)
    }

    package func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        let message: JSONView
        do {
            message = try JSONView(parsing: body)
        } catch {
            throw .notJSON(error)
        }
        guard let content = message["content"], content.kind == .array else {
            if message["error"] != nil { throw classify(status: 200, header: { _ in nil }, body: body, now: 0) }
            throw .malformed("\"content\" is not an array", type)
        }
        var answer = AnswerBuilder(type)
        var reader = AnthropicAnswerReader(fault: { .malformed($0, type) })
        reader.readStart(message, into: &answer)
        try content.forEachElement { (block: JSONView) throws(ProviderError) in
            try reader.openBlock(block, at: nil, into: &answer)
            try reader.closeBlock(into: &answer)
        }
        try reader.readStop(message, into: &answer)
        return try answer.result()
    }

    package func makeStreamReader(_ type: RequestType) -> any StreamReader {
        AnthropicStreamReader(classify: { classify(status: 200, header: { _ in nil }, body: $0, now: 0) })
    }
}
