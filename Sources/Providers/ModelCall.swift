package import Envelope

/// One call to a model, in the envelope's terms: what a ``WireFormat`` translates.
package struct ModelCall {
    package let request: RequestEnvelope
    /// The message that the request was decoded from.
    package let bytes: UnsafeRawBufferPointer
    /// The model as the provider knows it.
    package let model: String
    /// How many tokens the answer may have if the request does not say; nil leaves that to the format.
    package let defaultMaxTokens: Int?
    /// Whether a streamed call asks for usage, where the format has a field for that.
    package let asksForStreamUsage: Bool

    package init(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, model: String, defaultMaxTokens: Int? = nil,
        asksForStreamUsage: Bool = true
    ) {
        var request = copy request
        // The tier is Switchyard's own: what is called for just now is not part of a batch.
        if let tier = request.payload(.serviceTier), JSONView(at: tier, in: bytes).isString("batch") {
            request.payload.removeAll { $0.field == .serviceTier }
        }
        self.request = request
        self.bytes = bytes
        self.model = model
        self.defaultMaxTokens = defaultMaxTokens
        self.asksForStreamUsage = asksForStreamUsage
    }

    /// The value of a payload field; nil if it is null or not given.
    package subscript(_ field: RequestField) -> JSONView? {
        guard let range = request.payload(field) else { return nil }
        let view = JSONView(at: range, in: bytes)
        return view.kind == .null ? nil : view
    }

    /// The most tokens that the request allows, by either of the fields for that.
    package var maxTokens: Int? {
        (self[.maxCompletionTokens] ?? self[.maxTokens])?.integer
    }

    /// Calls `body` with each member of `extra`: its key with quotes, and its value.
    package func forEachExtra(_ body: (_ key: ByteRange, _ value: JSONView) throws(ProviderError) -> Void) throws(ProviderError) {
        for field in request.payload where field.field == .other {
            try body(field.key, JSONView(at: field.value, in: bytes))
        }
    }
}

extension ProviderError {
    /// That a provider has not what a request asks for.
    ///
    /// - Parameters:
    ///   - what: as in "seed", or "no seed in embeddings".
    ///   - advice: what to do instead.
    package static func unsupported(_ provider: String, _ what: String, _ advice: String = "leave it out") -> ProviderError {
        ProviderError(code: .unsupported, message: "\(provider) has no \(what); \(advice)")
    }

    /// That a field cannot be translated.
    package static func untranslatable(_ provider: String, _ what: String) -> ProviderError {
        ProviderError(code: .providerInvalidRequest, message: "the request cannot be put into \(provider)'s format: \(what)")
    }
}
