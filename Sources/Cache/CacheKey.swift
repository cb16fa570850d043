package import Envelope
internal import Security

/// Stands for all requests that have the same answer.
package struct CacheKey: Hashable, Sendable {
    /// The SHA-256 of the canonical request, as 64 hexadecimal digits.
    let digest: String

    /// A part of it is as good as all of it, and quicker.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(digest.utf8.prefix(16).reduce(0 as UInt) { $0 << 4 ^ UInt($1) })
    }
}

extension CachePlan {
    /// Whether a request's answer may come from the cache, or go there: where it says so, or where it is the same each time, as an embedding
    /// is, and what is sampled at temperature 0.
    package func isFor(_ request: borrowing RequestEnvelope, in bytes: UnsafeRawBufferPointer) -> Bool {
        switch request.cache?.mode {
        case .bypass: false
        case .use, .refresh: true
        case nil:
            isForAll || request.type == .embedding || request.payload(.temperature).map { JSONView(at: $0, in: bytes).double == 0 } == true
        }
    }

    /// The key of a request. What does not change the answer does not matter: the order of fields, white space, how characters and numbers
    /// are written, and fields that say what goes without saying.
    ///
    /// - Parameters:
    ///   - provider: the provider's configured name.
    ///   - model: as the provider knows it.
    ///   - maxTokens: how many tokens an answer may have where the request does not say.
    package func key(
        of request: borrowing RequestEnvelope, in bytes: UnsafeRawBufferPointer, provider: String, model: String, maxTokens: Int?
    ) -> CacheKey {
        CacheKey(digest: digest(of: request, in: bytes, provider, model, maxTokens, hasQuestion: true))
    }

    /// A chat's last message, if it is a user's text, and the digest of all the rest: within such a scope, the answers to two questions that
    /// mean the same are taken for the same.
    package func question(
        of request: borrowing RequestEnvelope, in bytes: UnsafeRawBufferPointer, provider: String, model: String, maxTokens: Int?
    ) -> (text: UnsafeRawBufferPointer, scope: String)? {
        guard request.type == .chat, let messages = request.payload(.messages) else { return nil }
        var last: JSONView?
        JSONView(at: messages, in: bytes).forEachElement { last = $0 }
        guard let last, last["role"]?.isString("user") == true, let content = last["content"], content.kind == .string, !content.isEmpty
        else { return nil }
        return (content.json, digest(of: request, in: bytes, provider, model, maxTokens, hasQuestion: false))
    }

    private func digest(
        of request: borrowing RequestEnvelope, in bytes: UnsafeRawBufferPointer, _ provider: String, _ model: String, _ maxTokens: Int?,
        hasQuestion: Bool
    ) -> String {
        var writer = ByteWriter(capacity: 2_048)
        // The number changes when other requests are to have the same key.
        writer.append(hasQuestion ? "switchyard cache 1\n" : "switchyard cache scope 1\n")
        for word in [isSharedByTenants ? "" : request.tenant ?? "", request.type.rawValue, provider, model] {
            // Lengths keep words apart.
            writer.append(word.utf8.count)
            writer.append(":")
            writer.append(text: word)
        }
        if let maxTokens, request.payload(.maxTokens) == nil, request.payload(.maxCompletionTokens) == nil { writer.append(maxTokens) }
        let hasUsualSampling = providersWithUsualSampling.contains(provider)
        var fields: [(name: UnsafeRawBufferPointer, value: JSONView, isCut: Bool)] = []
        fields.reserveCapacity(request.payload.count)
        for field in request.payload {
            let value = JSONView(at: field.value, in: bytes)
            guard value.kind != .null, !Self.goesWithoutSaying(field.field, value, hasUsualSampling) else { continue }
            fields.append((bytes[field.key], value, !hasQuestion && field.field == .messages))
        }
        fields.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for field in fields {
            writer.append("\n")
            writer.append(field.name)
            writer.append(":")
            if field.isCut { writer.appendCanonicalButLast(field.value) } else { writer.appendCanonical(field.value) }
        }
        return Digest.sha256(writer.bytes)
    }

    private static func goesWithoutSaying(_ field: RequestField, _ value: JSONView, _ hasUsualSampling: Bool) -> Bool {
        switch field {
        case .n: value.double == 1
        case .presencePenalty, .frequencyPenalty: value.double == 0
        case .temperature, .topP: hasUsualSampling && value.double == 1
        case .logprobs: value.boolean == false
        case .parallelToolCalls: value.boolean == true
        case .stop, .tools, .logitBias: value.isEmpty
        case .toolChoice: value.isString("auto")
        case .encodingFormat: value.isString("float")
        case .responseFormat: value["type"]?.isString("text") == true
        // How soon an answer comes does not change it.
        case .serviceTier: true
        default: false
        }
    }
}
