import Envelope

extension GeminiFormat {
    /// https://ai.google.dev/gemini-api/docs/troubleshooting
    package func classify(status: Int, header: (String) -> String?, body: UnsafeRawBufferPointer, now: Int64) -> ProviderError {
        let report = GeminiErrorBody(body)
        // What is wrong in a stream has its status in the body alone.
        let status = (200..<300).contains(status) ? report.status ?? status : status
        let code = Self.code(status: status, report: report)
        var waits = [RetryAfter.milliseconds(header: header, now: now), report.retryDelay]
        if code == .rateLimited, report.isDailyQuota, now > 0 { waits.append(PacificMidnight.milliseconds(after: now)) }
        return ErrorAnswer.error(
            code, status: status, said: report.message, body: body, retryAfter: waits.compactMap { $0 }.max())
    }

    private static func code(status: Int, report: GeminiErrorBody) -> ErrorCode {
        let code = ErrorAnswer.code(status: status)
        switch code {
        case .rateLimited where report.isHopeless: return .quotaExhausted
        case .serverError where status == 501: return .providerInvalidRequest
        case .providerInvalidRequest where (400..<500).contains(status):
            if report.isAboutKey { return .auth }
            if report.isAboutContextLength { return .contextLength }
            if report.isAboutPayloadSize { return .requestTooLarge }
            return report.isAboutAccount ? .permission : code
        default: return code
        }
    }
}
