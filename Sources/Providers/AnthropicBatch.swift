package import Envelope

/// Anthropic's Message Batches API: all requests go with the call that creates the batch, which has no place for a name of ours. Only
/// the names of its requests tell, once it has ended, whose it is.
/// https://platform.claude.com/docs/en/api/messages/batches
package struct AnthropicBatch: BatchFormat {
    package let maxRequests = 100_000
    package let maxBytes = 256_000_000
    package let keepsNames = false

    /// More requests than any batch has: sums of such numbers stay within an integer.
    private static let mostRequests = 1 << 32
    private static let path = "/messages/batches"

    package init() {}

    package func takes(_ type: RequestType) -> Bool { type == .chat }

    // MARK: What is submitted

    package func contentType(of batch: String) -> String { "application/json" }

    package func open(_ batch: String, into writer: inout ByteWriter) {
        writer.append("{\"requests\":[")
    }

    package func append(
        _ body: UnsafeRawBufferPointer, named name: String, _ type: RequestType, isFirst: Bool, into writer: inout ByteWriter
    ) {
        writer.append(isFirst ? "{\"custom_id\":" : ",{\"custom_id\":")
        writer.appendJSON(name)
        writer.append(",\"params\":")
        writer.append(body)
        writer.append("}")
    }

    package func close(_ batch: String, into writer: inout ByteWriter) {
        writer.append("]}")
    }

    // MARK: Calls

    package var upload: BatchCall? { nil }

    package func create(_ batch: String, _ type: RequestType, file: String?) -> BatchCall { BatchCall(.post, Self.path) }

    package func look(_ id: String) -> BatchCall { BatchCall(.get, "\(Self.path)/\(BatchCall.segment(id))") }

    package func cancel(_ id: String) -> BatchCall { BatchCall(.post, "\(Self.path)/\(BatchCall.segment(id))/cancel") }

    package func list(after cursor: String?) -> BatchCall {
        BatchCall(.get, "\(Self.path)?limit=100\(cursor.map { "&after_id=\(BatchCall.segment($0))" } ?? "")")
    }

    // MARK: Answers

    package func readUploaded(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> String {
        throw .malformedBatch("nothing is uploaded")
    }

    package func readBatch(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch {
        try Self.batch(try JSONView.batchAnswer(body))
    }

    package func readPage(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch.Page {
        let page = try JSONView.batchAnswer(body)
        guard let data = page["data"], data.kind == .array else { throw .malformedBatch("the list has no data") }
        var batches: [ProviderBatch] = []
        try data.forEachElement { (batch: JSONView) throws(ProviderError) in batches.append(try Self.batch(batch)) }
        return ProviderBatch.Page(
            batches: batches, next: page["has_more"]?.boolean == true ? page["last_id"]?.string ?? batches.last?.id : nil)
    }

    private static func batch(_ batch: JSONView) throws(ProviderError) -> ProviderBatch {
        guard let id = batch["id"]?.string, !id.isEmpty else { throw .malformedBatch("a batch has no id") }
        var count: Int?
        batch["request_counts"]?.forEachMember { _, number in count = (count ?? 0) + max(min(number.integer ?? 0, mostRequests), 0) }
        let hasEnded = batch["processing_status"]?.isString("ended") == true
        return ProviderBatch(
            id: id, state: hasEnded ? .ended : .running, name: nil,
            created: batch["created_at"]?.string.flatMap { time in
                var time = time
                return time.withUTF8 { Timestamp.milliseconds(parsing: UnsafeRawBufferPointer($0)) }
            }, count: count, results: hasEnded ? ["\(path)/\(BatchCall.segment(id))/results"] : [])
    }

    package func readResult(_ line: UnsafeRawBufferPointer) throws(ProviderError) -> BatchResult {
        let result = try JSONView.batchAnswer(line)
        guard let name = result["custom_id"]?.string else { throw .malformedBatch("a result has no custom_id") }
        guard let outcome = result["result"] else { throw .malformedBatch("a result is none") }
        switch outcome["type"]?.string {
        case "succeeded":
            guard let message = outcome["message"] else { throw .malformedBatch("a result has no message") }
            return BatchResult(name: name, outcome: .response(status: 200, body: message.range))
        case "errored":
            guard let error = outcome["error"] else { throw .malformedBatch("an error is none") }
            // The inner object may stand without the one around it.
            let type = (error["error"]?["type"] ?? error["type"])?.string
            return BatchResult(name: name, outcome: .response(status: Self.status(of: type), body: error.range))
        case "expired": return BatchResult(name: name, outcome: .expired)
        case "canceled": return BatchResult(name: name, outcome: .cancelled)
        default: return BatchResult(name: name, outcome: .none("the result is of an unknown type"))
        }
    }

    /// The status that a single call would have got. https://platform.claude.com/docs/en/api/errors
    private static func status(of type: String?) -> Int {
        switch type {
        case "invalid_request_error": 400
        case "authentication_error": 401
        case "billing_error": 402
        case "permission_error": 403
        case "not_found_error": 404
        case "request_too_large": 413
        case "rate_limit_error": 429
        case "timeout_error": 504
        case "overloaded_error": 529
        default: 500
        }
    }
}

extension AnthropicFormat {
    package var batch: (any BatchFormat)? { AnthropicBatch() }
}
