internal import Envelope

/// Batches as Anthropic's API shows them.
enum AnthropicBatchFormat {
    /// Reads the requests of the body that creates a batch.
    static func requests(_ body: UnsafeRawBufferPointer) throws(APIError) -> [BatchRequest] {
        let found: [BatchRequest?]?
        do throws(JSONError) {
            found = try JSONText.value("requests", in: body).flatMap { list throws(JSONError) in try elements(body[list.range]) }
        } catch {
            throw .unreadable(error)
        }
        guard let found else { throw .missing("requests") }
        let requests = found.compactMap(\.self)
        guard requests.count == found.count else { throw .invalid("requests: each needs a custom_id and params") }
        guard !requests.isEmpty else { throw .invalid("requests: List should have at least 1 item after validation, not 0") }
        guard Set(requests.map(\.customID)).count == requests.count else { throw .invalid("requests: custom_id must be unique") }
        return requests
    }

    /// The elements of a list of requests; nil for those in which something is missing.
    private static func elements(_ list: UnsafeRawBufferPointer) throws(JSONError) -> [BatchRequest?] {
        var requests: [BatchRequest?] = []
        var scanner = JSONScanner(list)
        var more = try scanner.openArray()
        while more {
            let element = list[try scanner.value().range]
            if let customID = try JSONText.value("custom_id", in: element), customID.kind == .string,
                let parameters = try JSONText.value("params", in: element)
            {
                let name = String(decoding: element[customID.range], as: UTF8.self)
                requests.append(BatchRequest(customID: name, endpoint: .chat, body: Array(element[parameters.range])))
            } else {
                requests.append(nil)
            }
            more = try scanner.nextElement()
        }
        return requests
    }

    static func write(_ batch: Batch, host: String, to writer: inout ByteWriter) {
        writer.append("{\"id\":\"")
        writer.append(text: batch.id)
        writer.append("\",\"type\":\"message_batch\",\"processing_status\":\"")
        writer.append(batch.endedAt != nil ? "ended" : batch.canceledAt != nil ? "canceling" : "in_progress")
        let processing = batch.endedAt == nil ? batch.requests.count : 0
        writer.append(text: "\",\"request_counts\":{\"processing\":\(processing),\"succeeded\":\(batch.count(.succeeded))")
        writer.append(
            text: ",\"errored\":\(batch.count(.errored)),\"canceled\":\(batch.count(.canceled)),\"expired\":\(batch.count(.expired))}")
        let times = [
            ("created_at", batch.createdAt.seconds), ("expires_at", batch.createdAt.seconds + 86_400), ("ended_at", batch.endedAt),
            ("cancel_initiated_at", batch.canceledAt?.seconds), ("archived_at", nil),
        ]
        for (name, time) in times {
            writer.append(text: ",\"\(name)\":")
            guard let time else {
                writer.append("null")
                continue
            }
            writer.append("\"")
            writer.appendTimestamp(milliseconds: Int64(time) * 1000)
            writer.append("\"")
        }
        writer.append(",\"results_url\":")
        if batch.endedAt == nil {
            writer.append("null")
        } else {
            writer.appendJSON("http://\(host)/v1/messages/batches/\(batch.id)/results")
        }
        writer.append("}")
    }

    /// Appends the results, a line each.
    static func writeResults(_ batch: Batch, to writer: inout ByteWriter) {
        for (request, outcome) in zip(batch.requests, batch.outcomes) {
            writer.append("{\"custom_id\":")
            writer.append(text: request.customID)
            switch outcome.kind {
            case .succeeded: writer.append(",\"result\":{\"type\":\"succeeded\",\"message\":")
            case .errored: writer.append(",\"result\":{\"type\":\"errored\",\"error\":")
            case .canceled: writer.append(",\"result\":{\"type\":\"canceled\"")
            case .expired: writer.append(",\"result\":{\"type\":\"expired\"")
            }
            outcome.body.withUnsafeBytes { writer.append($0) }
            writer.append("}}\n")
        }
    }
}
