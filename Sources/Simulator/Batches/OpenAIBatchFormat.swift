internal import Envelope

/// Files and batches as OpenAI's API shows them.
enum OpenAIBatchFormat {
    /// The requests of an input file; what is wrong with the first line that is not in order.
    static func requests(_ file: [UInt8], endpoint: String) throws(BatchProblem) -> [BatchRequest] {
        var requests: [BatchRequest] = []
        var seen: Set<String> = []
        let lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 <= 0x20 }) {
            let request = try Self.request(Array(line), line: index + 1, endpoint: endpoint)
            guard seen.insert(request.customID).inserted else {
                throw BatchProblem(
                    code: "duplicate_custom_id", message: "The custom_id \(request.customID) is used more than once.", line: index + 1)
            }
            requests.append(request)
        }
        guard !requests.isEmpty else { throw BatchProblem(code: "empty_file", message: "The input file is empty.") }
        guard requests.count <= 50_000 else {
            throw BatchProblem(code: "too_many_tasks", message: "The batch input file contains too many requests (more than 50000).")
        }
        return requests
    }

    private static func request(_ line: [UInt8], line number: Int, endpoint: String) throws(BatchProblem) -> BatchRequest {
        func member(_ name: StaticString) -> [UInt8]? {
            line.withUnsafeBytes { bytes in (try? JSONText.value(name, in: bytes)).flatMap { $0 }.map { Array(bytes[$0.range]) } }
        }
        guard (try? line.withUnsafeBytes { bytes in try JSONTree(bytes) }) != nil else {
            throw BatchProblem(code: "invalid_json_line", message: "This line is not parseable as valid JSON.", line: number)
        }
        func text(_ name: StaticString) throws(BatchProblem) -> String {
            guard let value = member(name) else {
                throw BatchProblem(code: "missing_required_parameter", message: "Missing required parameter: '\(name)'.", line: number)
            }
            return String(decoding: value, as: UTF8.self)
        }
        let (customID, url) = (try text("custom_id"), try text("url"))
        guard try text("method") == "\"POST\"" else {
            throw BatchProblem(code: "invalid_method", message: "Invalid method; a batch takes POST.", line: number)
        }
        guard url == endpoint else {
            throw BatchProblem(
                code: "mismatched_endpoint", message: "The URL \(url) does not match the batch's endpoint \(endpoint).", line: number)
        }
        _ = try text("body")
        return BatchRequest(customID: customID, endpoint: Self.endpoint(url) ?? .chat, body: member("body") ?? [])
    }

    /// - Parameter url: as JSON.
    static func endpoint(_ url: String) -> Endpoint? {
        switch url {
        case "\"/v1/chat/completions\"": .chat
        case "\"/v1/completions\"": .completion
        case "\"/v1/embeddings\"": .embedding
        default: nil
        }
    }

    // MARK: Results

    /// The contents of the file of answers, and of that of errors.
    static func results(_ batch: Batch) -> (output: [UInt8], errors: [UInt8]) {
        var output = ByteWriter()
        var errors = ByteWriter()
        for (request, outcome) in zip(batch.requests, batch.outcomes) {
            switch outcome.kind {
            case .succeeded: write(request, outcome, to: &output)
            case .errored, .expired: write(request, outcome, to: &errors)
            case .canceled: break
            }
        }
        return (Array(output.bytes), Array(errors.bytes))
    }

    private static func write(_ request: BatchRequest, _ outcome: BatchOutcome, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"batch_req_")
        writer.append(hexadecimal: Fingerprint.digest(request.customID.utf8))
        writer.append("\",\"custom_id\":")
        writer.append(text: request.customID)
        if outcome.kind == .expired {
            writer.append(
                """
                ,"response":null,"error":{"code":"batch_expired","message":\
                "This request could not be executed before the completion window expired."}}
                """)
        } else {
            writer.append(",\"response\":{\"status_code\":")
            writer.append(outcome.status)
            writer.append(",\"request_id\":\"")
            writer.append(hexadecimal: outcome.identifier)
            writer.append("\",\"body\":")
            outcome.body.withUnsafeBytes { writer.append($0) }
            writer.append("},\"error\":null}")
        }
        writer.append("\n")
    }

    // MARK: Objects

    static func write(_ file: StoredFile, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"")
        writer.append(text: file.id)
        writer.append("\",\"object\":\"file\",\"bytes\":")
        writer.append(file.bytes.count)
        writer.append(",\"created_at\":")
        writer.append(file.createdAt)
        writer.append(",\"filename\":")
        writer.appendJSON(file.name)
        writer.append(",\"purpose\":")
        writer.appendJSON(file.purpose)
        writer.append(",\"status\":\"processed\",\"status_details\":null}")
    }

    /// - Parameter isNew: true in the answer to the batch's creation.
    static func write(_ stored: OpenAIBatch, isNew: Bool = false, to writer: inout ByteWriter) {
        let batch = stored.batch
        writer.append("{\"id\":\"")
        writer.append(text: batch.id)
        writer.append("\",\"object\":\"batch\",\"endpoint\":")
        writer.append(text: stored.endpoint)
        writer.append(",\"errors\":")
        write(batch.problem, to: &writer)
        writer.append(",\"input_file_id\":")
        writer.appendJSON(stored.inputFile)
        writer.append(",\"completion_window\":\"24h\",\"status\":\"")
        let status = isNew ? "validating" : status(batch)
        writer.append(text: status)
        writer.append("\"")
        for (name, id) in [("output_file_id", stored.outputFile), ("error_file_id", stored.errorFile)] {
            writer.append(text: ",\"\(name)\":")
            if let id { writer.appendJSON(id) } else { writer.append("null") }
        }
        writer.append(text: ",\"created_at\":\(batch.createdAt.seconds),\"expires_at\":\(batch.createdAt.seconds + 86_400)")
        let times = [
            ("in_progress_at", batch.problem == nil && !isNew ? batch.createdAt.seconds : nil),
            ("finalizing_at", status == "completed" ? batch.endedAt : nil), ("completed_at", status == "completed" ? batch.endedAt : nil),
            ("failed_at", status == "failed" ? batch.createdAt.seconds : nil), ("expired_at", status == "expired" ? batch.endedAt : nil),
            ("cancelling_at", batch.canceledAt?.seconds), ("cancelled_at", status == "cancelled" ? batch.endedAt : nil),
        ]
        for (name, time) in times { writer.append(text: ",\"\(name)\":\(time.map(String.init) ?? "null")") }
        let failed = batch.count(.errored) + batch.count(.expired)
        writer.append(
            text: ",\"request_counts\":{\"total\":\(batch.requests.count),\"completed\":\(batch.count(.succeeded)),\"failed\":\(failed)}")
        writer.append(text: ",\"metadata\":\(stored.metadata)}")
    }

    private static func status(_ batch: Batch) -> String {
        if batch.problem != nil { return "failed" }
        guard batch.endedAt != nil else { return batch.canceledAt == nil ? "in_progress" : "cancelling" }
        if batch.canceledAt != nil { return "cancelled" }
        return batch.count(.expired) > 0 ? "expired" : "completed"
    }

    private static func write(_ problem: BatchProblem?, to writer: inout ByteWriter) {
        guard let problem else { return writer.append("null") }
        writer.append("{\"object\":\"list\",\"data\":[{\"code\":")
        writer.appendJSON(problem.code)
        writer.append(",\"message\":")
        writer.appendJSON(problem.message)
        writer.append(text: ",\"param\":null,\"line\":\(problem.line.map(String.init) ?? "null")}]}")
    }
}
