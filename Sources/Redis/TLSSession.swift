internal import COpenSSL
internal import Glibc

/// TLS over one socket, by OpenSSL. Never blocks: what cannot go on yet says what it waits for.
final class TLSSession {
    enum Progress: Equatable {
        /// Done, with so many bytes.
        case done(Int)
        case wantsRead
        case wantsWrite
        case ended(reason: String)
    }

    private let ssl: OpaquePointer
    private let hasCertificate: Bool
    /// Whether the server has said anything: one that wants a certificate ends the connection before that.
    private var hasRead = false

    /// Files are read anew for each connection, so that renewed certificates count.
    ///
    /// - Throws: what is wrong with the files.
    init(_ tls: RedisTLS, host: String, descriptor: Int32) throws(ConnectionEnd) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw ConnectionEnd(reason: Self.lastError()) }
        defer { SSL_CTX_free(context) }
        _ = switchyard_SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let file = tls.authorities {
            guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
                throw ConnectionEnd(reason: "redis.ca_file: \(file) cannot be used: \(Self.lastError())")
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        if let file = tls.certificate {
            guard SSL_CTX_use_certificate_chain_file(context, file) == 1 else {
                throw ConnectionEnd(reason: "redis.client_certificate: \(file) cannot be used: \(Self.lastError())")
            }
            let key = tls.key ?? file
            guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, SSL_CTX_check_private_key(context) == 1 else {
                throw ConnectionEnd(reason: "redis.client_key: \(key) cannot be used with the certificate: \(Self.lastError())")
            }
        }
        guard let ssl = SSL_new(context) else { throw ConnectionEnd(reason: Self.lastError()) }
        self.ssl = ssl
        hasCertificate = tls.certificate != nil
        let name = tls.serverName ?? host
        let isNamed =
            HostAddresses.isNumeric(name)
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
            : SSL_set1_host(ssl, name) == 1 && switchyard_SSL_set_tlsext_host_name(ssl, name) == 1
        guard isNamed, SSL_set_fd(ssl, descriptor) == 1 else { throw ConnectionEnd(reason: "TLS cannot be set up for the name \(name)") }
        _ = switchyard_SSL_set_mode(ssl, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        SSL_set_connect_state(ssl)
    }

    deinit {
        SSL_free(ssl)
    }

    func handshake() -> Progress {
        ERR_clear_error()
        return progress(of: SSL_do_handshake(ssl))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        ERR_clear_error()
        let progress = progress(of: SSL_read(ssl, buffer.baseAddress, Int32(buffer.count)))
        if case .done = progress { hasRead = true }
        return progress
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        ERR_clear_error()
        return progress(of: SSL_write(ssl, bytes.baseAddress, Int32(min(bytes.count, 1 << 20))))
    }

    private func progress(of result: Int32) -> Progress {
        if result > 0 { return .done(Int(result)) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .ended(reason: "the server closed the connection")
        case SSL_ERROR_SYSCALL:
            let number = errno
            let reason = number == 0 ? "the server closed the connection" : String(cString: strerror(number))
            return .ended(reason: hasRead || hasCertificate ? reason : "\(reason); it may want redis.client_certificate")
        default: return .ended(reason: refusal)
        }
    }

    /// Why TLS has failed, and what to do about it.
    private var refusal: String {
        let verification = SSL_get_verify_result(ssl)
        guard verification == Int(X509_V_OK) else {
            let reason = X509_verify_cert_error_string(verification).map { String(cString: $0) } ?? "unknown reason"
            let advice =
                [Int(X509_V_ERR_HOSTNAME_MISMATCH), Int(X509_V_ERR_IP_ADDRESS_MISMATCH)].contains(verification)
                ? "name the host in redis.url as the certificate does, or give its name as redis.server_name"
                : "give the authority's certificate as redis.ca_file"
            return "the server's certificate is not accepted: \(reason); \(advice)"
        }
        let error = Self.lastError()
        if error.contains("wrong version number") || error.contains("packet length too long") {
            return "it does not speak TLS there: use redis:// instead of rediss://, or the server's tls-port"
        }
        if error.contains("alert") {
            let advice =
                hasCertificate ? "see that the server trusts redis.client_certificate" : "it may want redis.client_certificate"
            return "the server ended TLS: \(error); \(advice)"
        }
        return "TLS failed: \(error)"
    }

    private static func lastError() -> String {
        ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? "unknown reason"
    }
}
