package import Envelope

/// OpenAI's batch API: a file of lines, uploaded, and a batch made of it, which has a name of ours in its metadata.
/// https://platform.openai.com/docs/api-reference/batch
package struct OpenAIBatch: BatchFormat {
    package let maxRequests = 50_000
    package let maxBytes = 200_000_000
    package let keepsNames = true

    private static let metadataKey: StaticString = "switchyard"
    /// The end of the year 9999, in Unix seconds: what is later is no time.
    private static let latestSecond = 253_402_300_799

    package init() {}

    package func takes(_ type: RequestType) -> Bool { true }

    // MARK: What is submitted

    /// The file is a part of a form (RFC 7578), whose boundary has the batch's name: no line of JSON begins like it.
    package func contentType(of batch: String) -> String { "multipart/form-data; boundary=\(Self.boundary(batch))" }

    package func open(_ batch: String, into writer: inout ByteWriter) {
        let boundary = Self.boundary(batch)
        writer.append(text: "--\(boundary)\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n")
        writer.append(
            text:
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(batch).jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n"
        )
    }

    package func append(
        _ body: UnsafeRawBufferPointer, named name: String, _ type: RequestType, isFirst: Bool, into writer: inout ByteWriter
    ) {
        writer.append("{\"custom_id\":")
        writer.appendJSON(name)
        writer.append(",\"method\":\"POST\",\"url\":")
        writer.appendJSON(Self.endpoint(type))
        writer.append(",\"body\":")
        writer.appendOnOneLine(body)
        writer.append("}\n")
    }

    package func close(_ batch: String, into writer: inout ByteWriter) {
        writer.append(text: "\r\n--\(Self.boundary(batch))--\r\n")
    }

    private static func boundary(_ batch: String) -> String { "switchyard-\(batch)" }

    private static func endpoint(_ type: RequestType) -> String {
        "/v1\(OpenAIFormat().path(for: type, isStreamed: false)?.description ?? "")"
    }

    // MARK: Calls

    package var upload: BatchCall? { BatchCall(.post, "/files") }

    package func create(_ batch: String, _ type: RequestType, file: String?) -> BatchCall {
        var body = ByteWriter(capacity: 256)
        body.append("{\"input_file_id\":")
        body.appendJSON(file ?? "")
        body.append(",\"endpoint\":")
        body.appendJSON(Self.endpoint(type))
        body.append(",\"completion_window\":\"24h\",\"metadata\":{\"")
        body.append(Self.metadataKey)
        body.append("\":")
        body.appendJSON(batch)
        body.append("}}")
        return BatchCall(.post, "/batches", body: String(decoding: body.bytes, as: UTF8.self))
    }

    package func look(_ id: String) -> BatchCall { BatchCall(.get, "/batches/\(BatchCall.segment(id))") }

    package func cancel(_ id: String) -> BatchCall { BatchCall(.post, "/batches/\(BatchCall.segment(id))/cancel") }

    package func list(after cursor: String?) -> BatchCall {
        BatchCall(.get, "/batches?limit=100\(cursor.map { "&after=\(BatchCall.segment($0))" } ?? "")")
    }

    // MARK: Answers

    package func readUploaded(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> String {
        guard let id = try JSONView.batchAnswer(body)["id"]?.string, !id.isEmpty else { throw .malformedBatch("the file has no id") }
        return id
    }

    package func readBatch(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch {
        try Self.batch(try JSONView.batchAnswer(body))
    }

    package func readPage(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch.Page {
        let page = try JSONView.batchAnswer(body)
        guard let data = page["data"], data.kind == .array else { throw .malformedBatch("the list has no data") }
        var batches: [ProviderBatch] = []
        try data.forEachElement { (batch: JSONView) throws(ProviderError) in batches.append(try Self.batch(batch)) }
        return ProviderBatch.Page(batches: batches, next: page["has_more"]?.boolean == true ? batches.last?.id : nil)
    }

    private static func batch(_ batch: JSONView) throws(ProviderError) -> ProviderBatch {
        guard let id = batch["id"]?.string, !id.isEmpty else { throw .malformedBatch("a batch has no id") }
        let state: ProviderBatch.State
        switch batch["status"]?.string {
        case "completed", "expired", "cancelled":
            state = .ended
        case "failed":
            let error = batch["errors"]?["data"]?.first
            state = .refused(code: error?["code"]?.string ?? "", reason: error?["message"]?.string ?? "")
        default:
            // What it may be called in future too.
            state = .running
        }
        let files = [batch["output_file_id"], batch["error_file_id"]].compactMap { $0?.string }.filter { !$0.isEmpty }
        return ProviderBatch(
            id: id, state: state, name: batch["metadata"]?[metadataKey]?.string,
            created: batch["created_at"]?.integer.flatMap { (0...latestSecond).contains($0) ? Int64($0) * 1_000 : nil },
            count: batch["request_counts"]?["total"]?.integer.map { max($0, 0) },
            results: files.map { "/files/\(BatchCall.segment($0))/content" })
    }

    package func readResult(_ line: UnsafeRawBufferPointer) throws(ProviderError) -> BatchResult {
        let result = try JSONView.batchAnswer(line)
        guard let name = result["custom_id"]?.string else { throw .malformedBatch("a result has no custom_id") }
        if let response = result["response"], let status = response["status_code"]?.integer, let body = response["body"] {
            return BatchResult(name: name, outcome: .response(status: status, body: body.range))
        }
        let error = result["error"]
        switch error?["code"]?.string {
        case "batch_expired": return BatchResult(name: name, outcome: .expired)
        case "batch_cancelled": return BatchResult(name: name, outcome: .cancelled)
        default: return BatchResult(name: name, outcome: .none(error?["message"]?.string ?? "the result has neither response nor error"))
        }
    }
}

extension OpenAIFormat {
    package var batch: (any BatchFormat)? { OpenAIBatch() }
}
