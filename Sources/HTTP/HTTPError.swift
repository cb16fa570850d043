/// Why a request has no response. The description names the host and what to do about it; it never repeats a path, query, header
/// or body.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The host name does not resolve.
        case nameNotResolved
        /// No TCP connection: refused, unreachable.
        case connectFailed
        /// The TLS handshake failed, or the certificate is not trusted.
        case tls
        /// The proxy is unknown, or did not connect through.
        case proxy
        case timeout(HTTPPhase)
        /// The connection broke during the exchange.
        case connectionLost
        /// What came is not HTTP, or its encoding is damaged.
        case protocolViolation
        /// The body is larger than the limit, in bytes.
        case responseTooLarge(limit: Int)
        /// The receiver of a streamed body threw `consumerError`.
        case consumerFailed
        /// The task was cancelled, or the client closed.
        case cancelled
        /// libcurl could not take the request, as when memory is short.
        case unusable
    }

    package let kind: Kind
    /// Host and, if the URL names one, port.
    package let host: String
    /// Whether the server may have got some of the request, so that repeating it may do its work twice.
    package let mayHaveBeenSent: Bool
    /// What the receiver of a streamed body threw.
    package let consumerError: (any Error)?
    /// What happened in libcurl's words; empty if the kind says it all.
    package let detail: String

    init(_ kind: Kind, host: String, mayHaveBeenSent: Bool, detail: String = "", consumerError: (any Error)? = nil) {
        self.kind = kind
        self.host = host
        self.mayHaveBeenSent = mayHaveBeenSent
        self.consumerError = consumerError
        self.detail = detail
    }

    package var description: String {
        let words = words
        let reason = detail.isEmpty ? "" : " (\(detail))"
        return "\(host): \(words.what)\(reason)\(words.advice.isEmpty ? "" : "; \(words.advice)")"
    }

    private var words: (what: String, advice: String) {
        switch kind {
        case .nameNotResolved: ("the host name does not resolve", "check the provider's base_url and the DNS")
        case .connectFailed: ("no connection", "check the provider's base_url and that the network lets it through")
        case .tls: ("no trusted TLS connection", "check the server's certificate and http.ca_file")
        case .proxy: ("no connection through the proxy", "check http.proxy")
        case .timeout(.connect): ("no connection in time", "check the network, or raise http.connect_timeout_ms")
        case .timeout(.firstByte): ("no first byte of a response in time", "raise http.first_byte_timeout_ms if the provider is that slow")
        case .timeout(.total): ("no complete response in time", "raise http.total_timeout_ms or the request's deadline")
        case .timeout(.idle): ("the stream fell silent", "the provider stopped sending without an end")
        case .connectionLost: ("the connection broke during the exchange", "")
        case .protocolViolation: ("the response is not valid HTTP", "check that base_url leads to the provider's API")
        case .responseTooLarge(let limit): ("the response is larger than \(limit) bytes", "raise http.max_response_bytes if that is right")
        case .consumerFailed: ("the stream was given up: \(consumerError.map { "\($0)" } ?? "")", "")
        case .cancelled: ("cancelled", "")
        case .unusable: ("the request could not be handed to libcurl", "check memory and the limit of open files")
        }
    }
}
