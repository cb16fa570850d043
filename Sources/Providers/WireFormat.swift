package import Envelope

/// How to speak with a provider: pure translation between the envelope and the provider's wire format, both ways, without I/O.
///
/// `README.md` in this folder tells how to add one.
package protocol WireFormat: Sendable {
    /// As configurations and error messages name it.
    var name: String { get }

    /// The API of the service that gave the format its name, with the version.
    var defaultBaseURL: String { get }

    /// Where a request of that type goes, to be appended to the provider's base URL. `{model}` stands for the model's name.
    ///
    /// - Returns: nil if the provider has no such thing.
    func path(for type: RequestType, isStreamed: Bool) -> StaticString?

    /// The header fields that every call has.
    ///
    /// - Parameters:
    ///   - key: the API key; `nil` or empty sends none.
    ///   - organization: the account to charge, where the provider knows such; `nil` or empty sends none.
    func headers(key: String?, organization: String?) -> [HTTPField]

    /// Writes the body of a call.
    ///
    /// - Throws: ``ProviderError`` with `unsupported`, naming the format and the field, if the request asks for what the provider has
    ///   not; with `provider_invalid_request` if a field is not as it must be to be translated.
    func writeBody(_ call: borrowing ModelCall, into writer: inout ByteWriter) throws(ProviderError)

    /// Reads the body of a complete (not streamed) answer with a 2xx status.
    ///
    /// - Throws: ``ProviderError`` with `malformed_response`, or with what the body reports where it is an error all the same.
    func decodeAnswer(_ type: RequestType, _ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderResult

    /// A reader for one streamed answer.
    func makeStreamReader(_ type: RequestType) -> any StreamReader

    /// Tells what an answer with another status than 2xx means.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - header: returns the value of the header field of that name, which is given in lower case.
    ///   - body: the answer's body, or as much of it as was read.
    ///   - now: unix milliseconds, to read a `retry-after` that is a date.
    func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError

    /// What an answer's header fields say of the limits that the provider keeps to; empty if they say nothing.
    ///
    /// - Parameters: as for `classify`.
    func rateLimits(header: (String) -> String?, now: Int64) -> [RateLimitReading]

    /// How to speak with the provider's batch API; nil if it has none that is known.
    var batch: (any BatchFormat)? { get }
}

extension WireFormat {
    package var batch: (any BatchFormat)? { nil }
}

/// Reads the events of one streamed answer.
package protocol StreamReader {
    /// Takes the next event.
    ///
    /// - Parameters:
    ///   - type: the event's type; `message` if the stream names none.
    ///   - data: the event's data, valid only during the call.
    /// - Throws: ``ProviderError`` with `stream_corrupt`, or with the error that the provider reports in the stream.
    mutating func read(_ type: String, _ data: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError)
}

/// The wire formats that there are.
package enum WireFormats {
    /// In the order in which messages list them. A new format is registered here.
    package static let all: [any WireFormat] = [OpenAIFormat(), AnthropicFormat(), GeminiFormat(), CerebrasFormat(), CohereFormat()]

    package static func named(_ name: String) -> (any WireFormat)? {
        all.first { $0.name == name }
    }
}
