internal import CCurl

extension HTTPError {
    /// - Parameters:
    ///   - result: libcurl's code, not `CURLE_OK`.
    ///   - detail: libcurl's own words for this transfer; empty for the code's general ones.
    ///   - isConnected: whether the connection stood and the request may have been on its way.
    init(_ result: CURLcode, detail: String, host: String, isConnected: Bool) {
        self.init(
            Self.kind(of: result, isConnected: isConnected), host: host, mayHaveBeenSent: isConnected,
            detail: detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail)
    }

    private static func kind(of result: CURLcode, isConnected: Bool) -> Kind {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST:
            .nameNotResolved
        case CURLE_COULDNT_CONNECT:
            .connectFailed
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY:
            .proxy
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            .tls
        case CURLE_OPERATION_TIMEDOUT:
            .timeout(isConnected ? .total : .connect)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_SSL_SHUTDOWN_FAILED:
            isConnected ? .connectionLost : .connectFailed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR,
            CURLE_HTTP_RETURNED_ERROR:
            .protocolViolation
        default:
            .unusable
        }
    }
}
