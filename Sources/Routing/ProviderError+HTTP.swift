internal import Envelope
internal import HTTP
internal import Providers

extension ProviderError {
    /// What a call without a response means; nil if it was cancelled.
    init?(_ error: HTTPError) {
        let code: ErrorCode
        switch error.kind {
        case .cancelled: return nil
        case .nameNotResolved, .connectFailed, .tls, .proxy, .connectionLost, .unusable: code = .connection
        case .timeout: code = .timeout
        case .protocolViolation, .consumerFailed: code = .malformedResponse
        case .responseTooLarge: code = .responseTooLarge
        }
        self.init(code: code, message: error.description)
    }
}
