internal import Envelope

extension GeminiDialect {
    func status(_ error: APIError) -> Int {
        switch error.kind {
        // A key that is not valid is an invalid argument, and a missing one is a caller that is not known.
        case .invalidRequest, .contextLength, .contentFiltered, .wrongKey, .tooLarge: 400
        case .noKey, .forbidden: 403
        case .notFound, .modelNotFound, .wrongMethod: 404
        case .rateLimited, .quotaExhausted: 429
        case .serverError: 500
        case .overloaded: 503
        }
    }

    func appendError(_ error: APIError, identifier: UInt64?, to writer: inout ByteWriter) {
        let (name, message) = words(error)
        writer.append("{\"error\":{\"code\":")
        writer.append(status(error))
        writer.append(",\"message\":")
        writer.appendJSON(message)
        writer.append(",\"status\":\"")
        writer.append(name)
        writer.append("\"")
        appendDetails(error, to: &writer)
        writer.append("}}")
    }

    private func words(_ error: APIError) -> (status: StaticString, message: String) {
        let quota = "You exceeded your current quota, please check your plan and billing details."
        return switch error.kind {
        case .invalidRequest where error.code?.description == "missing_required_parameter":
            ("INVALID_ARGUMENT", "* GenerateContentRequest.\(error.parameter ?? ""): \(error.parameter ?? "") is not specified\n")
        case .invalidRequest, .contentFiltered: ("INVALID_ARGUMENT", error.message)
        case .tooLarge: ("INVALID_ARGUMENT", "Request payload size exceeds the limit: \(IncomingRequest.bodyLimit) bytes.")
        case .noKey:
            (
                "PERMISSION_DENIED",
                """
                Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API \
                consumer identity to call this API.
                """
            )
        case .wrongKey: ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
        case .forbidden: ("PERMISSION_DENIED", "The caller does not have permission")
        case .notFound, .wrongMethod: ("NOT_FOUND", "Requested entity was not found.")
        case .modelNotFound:
            (
                "NOT_FOUND",
                """
                models/\(error.model) is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see \
                the list of available models and their supported methods.
                """
            )
        case .rateLimited: ("RESOURCE_EXHAUSTED", "\(quota)\nPlease retry in \(Double(error.retryAfterMilliseconds ?? 0) / 1000)s.")
        case .quotaExhausted: ("RESOURCE_EXHAUSTED", quota)
        case .serverError:
            (
                "INTERNAL",
                "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"
            )
        case .overloaded: ("UNAVAILABLE", "The model is overloaded. Please try again later.")
        case .contextLength:
            (
                "INVALID_ARGUMENT",
                "The input token count (\(max(error.promptTokens, 1_048_577))) exceeds the maximum number of tokens allowed (1048576)."
            )
        }
    }

    private func appendDetails(_ error: APIError, to writer: inout ByteWriter) {
        switch error.kind {
        case .wrongKey:
            writer.append(
                """
                ,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com",\
                "metadata":{"service":"generativelanguage.googleapis.com"}},{"@type":"type.googleapis.com/google.rpc.LocalizedMessage",\
                "locale":"en-US","message":"API key not valid. Please pass a valid API key."}]
                """)
        case .rateLimited: appendQuota("GenerateRequestsPerMinutePerProjectPerModel", error.retryAfterMilliseconds ?? 0, error, to: &writer)
        // It asks for a wait of seconds even where only the next day helps.
        case .quotaExhausted: appendQuota("GenerateRequestsPerDayPerProjectPerModel", 36_000, error, to: &writer)
        default: break
        }
    }

    private func appendQuota(_ quota: StaticString, _ retryAfterMilliseconds: Int, _ error: APIError, to writer: inout ByteWriter) {
        writer.append(
            """
            ,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":\
            "generativelanguage.googleapis.com/generate_requests","quotaId":"
            """)
        writer.append(quota)
        writer.append("\",\"quotaDimensions\":{\"location\":\"global\",\"model\":")
        writer.appendJSON(error.model)
        writer.append(
            """
            },"quotaValue":"20"}]},{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":\
            "Learn more about Gemini API quotas","url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},\
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"
            """)
        writer.append(Double(retryAfterMilliseconds) / 1000, decimals: 3)
        writer.append("s\"}]")
    }
}
