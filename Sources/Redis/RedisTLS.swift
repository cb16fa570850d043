/// How connections to Redis are encrypted.
package struct RedisTLS: Sendable, Equatable {
    /// A file with the certificates of the authorities that are trusted; nil for the system's.
    package var authorities: String?
    /// A file with our certificate and those between it and its authority; nil if the server asks for none.
    package var certificate: String?
    /// A file with the private key of `certificate`.
    package var key: String?
    /// The name in the server's certificate; nil if it is the host's.
    package var serverName: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }
}
