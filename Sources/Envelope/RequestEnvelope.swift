/// A request as it came from the topic: Switchyard's own fields as values, everything for the provider as byte ranges.
///
/// Ranges refer to the message that was decoded, which must be kept alongside.
package struct RequestEnvelope: Hashable, Sendable {
    /// The requester's name for the request.
    package var id: String

    /// Where the id stands in the message, quotes included; copied into the response.
    package var idRange: ByteRange

    /// What is asked, as given or as inferred from the payload.
    package var type: RequestType

    /// Alias or `provider/model`; `nil` leaves the choice to the configuration.
    package var model: String?

    /// Who is served, for limits and accounts.
    package var tenant: String?

    /// The conversation that the request belongs to.
    package var sessionID: String?

    /// 0 to 9, 9 being served first.
    package var priority: Int

    /// Unix milliseconds after which nobody wants the response any more.
    package var deadline: Int64?

    /// What is wanted of the cache; `nil` leaves it to the configuration.
    package var cache: CacheDirective?

    /// True if the response is wanted in chunks too.
    package var stream: Bool

    /// Topic for the response. Not yet checked against what is allowed.
    package var replyTo: String?

    /// Where the metadata object stands in the message; echoed in the response.
    package var metadata: ByteRange?

    /// True if the message was a line of the OpenAI Batch format.
    package var isBatchLine: Bool

    /// The provider's fields in the message's order, those of `extra` among them.
    package var payload: [PayloadField]

    /// The default of ``priority``.
    package static let defaultPriority = 5

    /// The value of a payload field, if the request has it.
    package func payload(_ field: RequestField) -> ByteRange? {
        payload.first { $0.field == field }?.value
    }
}
