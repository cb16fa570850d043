/// Checks that concern several fields together, and the result.
extension RequestReader {
    private static var batchFields: UInt64 {
        RequestField.customID.bit | RequestField.method.bit | RequestField.url.bit | RequestField.body.bit
    }

    /// The type that the payload tells: by its messages, prompt or input.
    var inferredType: RequestType? {
        let fields = seen | seenInBody
        if fields & RequestField.messages.bit != 0 { return .chat }
        if fields & RequestField.prompt.bit != 0 { return .completion }
        return fields & RequestField.input.bit != 0 ? .embedding : nil
    }

    /// The request, or the error that its first fault makes.
    mutating func finish() throws(EnvelopeError) -> RequestEnvelope {
        let isBatchLine = seen & Self.batchFields != 0
        let hasIdentity = seen & (RequestField.id.bit | RequestField.customID.bit) != 0
        if !hasIdentity, seen != 0 || problem == nil {
            let name = isBatchLine ? "custom_id" : "id"
            throw error(.missingID, "\(name) is missing; give every request a string of 1 to 256 characters of its own as \"\(name)\"")
        }
        if isBatchLine { checkBatchLine() }
        if hasProviderSpecificFields { refuseDuplicatePayload() }
        let type = resolvedType(isBatchLine: isBatchLine)
        if let problem { throw error(problem.code, problem.message(in: bytes)) }
        guard let type, let id, let idRange else {
            throw error(.internal, "the request has no type or id although no fault was found in it; report this")
        }
        return RequestEnvelope(
            id: id, idRange: idRange, type: type, model: model, tenant: tenant, sessionID: sessionID, priority: priority,
            deadline: deadline, cache: cache, stream: stream, replyTo: replyTo, metadata: metadata, isBatchLine: isBatchLine,
            payload: payload)
    }

    /// The request's type; a fault is remembered where payload and type do not agree.
    private mutating func resolvedType(isBatchLine: Bool) -> RequestType? {
        let present = (seen | seenInBody) & (RequestField.messages.bit | RequestField.prompt.bit | RequestField.input.bit)
        let declared = isBatchLine ? urlType : type
        guard let resolved = declared ?? inferredType else {
            let remedy: StaticString = "is missing; give messages (chat), prompt (completion) or input (embedding)"
            refuse(.statement(.invalidRequest, FieldPath(.messages, isInBody: isBatchLine), remedy))
            return nil
        }
        let needed: RequestField =
            switch resolved {
            case .chat: .messages
            case .completion: .prompt
            case .embedding: .input
            }
        if present & needed.bit == 0 {
            let remedy: StaticString = isBatchLine ? "is missing; the url needs it" : "is missing; the request's type needs it"
            refuse(.statement(.invalidRequest, FieldPath(needed, isInBody: isBatchLine), remedy))
        } else if present != needed.bit {
            let extra: RequestField = present & ~needed.bit & RequestField.input.bit != 0 ? .input : .prompt
            let remedy: StaticString =
                "does not go with the request's type; give one of messages (chat), prompt (completion), input (embedding)"
            let isMessages = present & ~needed.bit & RequestField.messages.bit != 0
            refuse(.statement(.invalidRequest, FieldPath(isMessages ? .messages : extra, isInBody: isBatchLine), remedy))
        }
        return resolved
    }
}
