package import Envelope

/// How to speak with a provider: one case for each wire format.
///
/// A new format is a new case here and a file with its functions; nothing else in the worker knows formats.
package enum ProviderAdapter: String, CaseIterable, Hashable, Sendable {
    /// The format of OpenAI and of the many services and servers compatible with it.
    case openAI = "openai"

    /// The path to call, to be appended to the provider's base URL.
    package func path(for type: RequestType) -> StaticString {
        switch self {
        case .openAI: OpenAIFormat.path(for: type)
        }
    }

    /// The header fields that every call has.
    ///
    /// - Parameters:
    ///   - key: the API key; `nil` or empty sends none.
    ///   - organization: the account to charge, where the provider knows such; `nil` or empty sends none.
    package func headers(key: String?, organization: String?) -> [HTTPField] {
        switch self {
        case .openAI: OpenAIFormat.headers(key: key, organization: organization)
        }
    }

    /// Writes the body of a call for a complete (not streamed) answer.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - bytes: the message that the request was decoded from.
    ///   - model: the model as the provider knows it.
    package func writeBody(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, model: String, into writer: inout ByteWriter
    ) {
        switch self {
        case .openAI: OpenAIFormat.writeBody(request, bytes: bytes, model: model, into: &writer)
        }
    }

    /// Reads the body of an answer with a 2xx status.
    ///
    /// - Returns: ranges of `bytes`.
    /// - Throws: ``ProviderError`` with `malformed_response`, or with what the body reports where it is an error all the same.
    package func decodeResponse(_ type: RequestType, _ bytes: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult {
        switch self {
        case .openAI: try OpenAIFormat.decodeResponse(type, bytes)
        }
    }

    /// Tells what an answer with another status than 2xx means.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - header: returns the value of the header field of that name, which is given in lower case.
    ///   - body: the answer's body, or as much of it as was read.
    ///   - now: unix milliseconds, to read a `retry-after` that is a date.
    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        switch self {
        case .openAI: OpenAIFormat.classify(status: status, header: header, body: body, now: now)
        }
    }
}
