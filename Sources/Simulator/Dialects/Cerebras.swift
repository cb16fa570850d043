internal import Envelope

/// What Cerebras has that OpenAI has not.
extension OpenAIDialect {
    /// Requests are limited a day, tokens a minute; what is unlimited is told as a billion. Resets are seconds with a fraction.
    static func appendCerebrasHeaders(_ head: ResponseHead, to writer: inout ByteWriter) {
        if let identifier = head.identifier {
            writer.append("\r\nx-request-id: ")
            writer.append(hexadecimal: identifier)
        }
        writer.appendLimit("tokens-minute", head.reading.tokens) { $1.append($0 / .seconds(1), decimals: 6) }
        writer.appendLimit("requests-day", head.reading.requests) { $1.append($0 / .seconds(1), decimals: 6) }
        if let retryAfter = head.error?.retryAfterMilliseconds {
            writer.append("\r\nretry-after: ")
            writer.append((retryAfter + 999) / 1000)
        }
    }

    /// Appends a flat body: no member `error` around it.
    static func appendCerebrasError(_ error: APIError, to writer: inout ByteWriter) {
        let words = cerebrasWords(error)
        writer.append("{\"message\":")
        writer.appendJSON(words.message)
        writer.append(",\"type\":\"")
        writer.append(words.type)
        writer.append("\",\"param\":")
        writer.appendJSON(words.parameter)
        writer.append(",\"code\":\"")
        writer.append(words.code)
        writer.append("\"}")
    }

    private struct Words {
        let message: String
        let type: StaticString
        let parameter: StaticString?
        let code: StaticString
    }

    private static func cerebrasWords(_ error: APIError) -> Words {
        func words(_ message: String, _ type: StaticString, _ parameter: StaticString?, _ code: StaticString) -> Words {
            Words(message: message, type: type, parameter: parameter, code: code)
        }
        switch error.kind {
        case .invalidRequest, .wrongMethod, .tooLarge, .contentFiltered:
            return words(error.message, "invalid_request_error", error.parameter, error.code ?? "wrong_api_format")
        case .noKey, .wrongKey: return words("Wrong API Key", "invalid_request_error", "api_key", "wrong_api_key")
        case .forbidden:
            return words("You do not have permission to access this resource.", "permission_denied_error", "api_key", "permission_denied")
        case .notFound: return words("Not found.", "not_found_error", nil, "not_found")
        case .modelNotFound:
            let message = "Model \(error.model) does not exist or you do not have access to it."
            return words(message, "not_found_error", "model", "model_not_found")
        case .rateLimited:
            let message = "Requests per minute limit exceeded - too many requests sent."
            return words(message, "too_many_requests_error", "quota", "request_quota_exceeded")
        case .quotaExhausted:
            return words("Payment required to access this resource.", "payment_required_error", "quota", "payment_required")
        case .serverError: return words("Encountered a server error.", "server_error", nil, "server_error")
        case .overloaded:
            let message = "We're experiencing high traffic right now! Please try again soon."
            return words(message, "too_many_requests_error", "queue", "queue_exceeded")
        case .contextLength:
            let message = """
                Please reduce the length of the messages or completion. Current length is \(max(error.promptTokens, 8193)) while limit is 8192
                """
            return words(message, "invalid_request_error", "messages", "context_length_exceeded")
        }
    }

    static func appendTimeInfo(_ answer: Answer, to writer: inout ByteWriter) {
        let total = answer.plan.time(toToken: answer.plan.outputTokens) / .seconds(1)
        let latency = answer.plan.latency / .seconds(1)
        writer.append(",\"time_info\":{\"queue_time\":0.0001,\"prompt_time\":")
        writer.append(latency, decimals: 9)
        writer.append(",\"completion_time\":")
        writer.append(total - latency, decimals: 9)
        writer.append(",\"total_time\":")
        writer.append(total, decimals: 9)
        writer.append(",\"created\":")
        writer.append(answer.created)
        writer.append("}")
    }
}
