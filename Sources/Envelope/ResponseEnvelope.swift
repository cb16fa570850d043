/// The response to a request, written for the response topic.
///
/// It borrows bytes from the request and from the provider's body, which must stay valid until it is written.
package struct ResponseEnvelope {
    /// How the request ended.
    package enum Outcome {
        case success(ResponseSuccess)
        case failure(code: ErrorCode, message: String, retryable: Bool)
    }

    /// The request's id as JSON, quotes included.
    package var id: UnsafeRawBufferPointer

    /// The request's type; `nil` if it could not be read.
    package var type: RequestType?

    package var outcome: Outcome

    /// Calls made for the request, in order.
    package var attempts: [Attempt]

    package var timings: Timings

    /// The request's metadata as JSON, echoed.
    package var metadata: UnsafeRawBufferPointer?

    /// Where the answer is kept, if it was too large.
    package var claimCheck: ClaimCheck?

    package init(
        id: UnsafeRawBufferPointer, type: RequestType?, outcome: Outcome, attempts: [Attempt] = [], timings: Timings,
        metadata: UnsafeRawBufferPointer? = nil
    ) {
        self.id = id
        self.type = type
        self.outcome = outcome
        self.attempts = attempts
        self.timings = timings
        self.metadata = metadata
    }

    /// The request's status in the envelope and in the `switchyard-status` header.
    package var status: StaticString {
        switch outcome {
        case .success: "ok"
        case .failure: "error"
        }
    }

    /// Appends the response as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.append("{\"version\":1,\"id\":")
        writer.append(id)
        if let type {
            writer.append(",\"type\":\"")
            writer.append(text: type.rawValue)
            writer.append("\"")
        }
        writer.append(",\"status\":\"")
        writer.append(status)
        writer.append("\"")
        switch outcome {
        case .success(let success):
            success.write(into: &writer)
            writeAttempts(into: &writer)
            writer.append(",\"cache\":\"")
            writer.append(text: success.cache.rawValue)
            writer.append("\"")
        case .failure(let code, let message, let retryable):
            writer.append(",\"error\":{\"code\":\"")
            writer.append(text: code.rawValue)
            writer.append("\",\"message\":")
            writer.appendJSON(message)
            writer.append(",\"retryable\":")
            writer.append(retryable)
            if let claimCheck {
                writer.append(",\"claim_check\":")
                claimCheck.write(into: &writer)
            }
            writer.append("}")
            writeAttempts(into: &writer)
        }
        writer.append(",\"timings\":")
        timings.write(into: &writer)
        if let metadata {
            writer.append(",\"metadata\":")
            writer.append(metadata)
        }
        writer.append("}")
    }

    private func writeAttempts(into writer: inout ByteWriter) {
        writer.append(",\"attempts\":[")
        for (index, attempt) in attempts.enumerated() {
            if index > 0 { writer.append(",") }
            attempt.write(into: &writer)
        }
        writer.append("]")
    }
}
