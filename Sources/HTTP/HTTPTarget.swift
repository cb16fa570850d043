internal import CCurl
internal import Glibc
internal import Synchronization

/// A URL checked and prepared once, to be used by any number of requests on any loop.
package final class HTTPTarget: Sendable {
    /// Host and, if the URL names one, port: what messages may show.
    package let host: String
    /// The number of the scheme, host and port among all that this process uses.
    let origin: Int
    /// Whether the server may speak HTTP/2, which is agreed on in the TLS handshake.
    let isTLS: Bool
    /// Whether the host is an IPv6 address that means something on one network interface only.
    let isLinkLocal: Bool
    // Allocated by init, never written again, freed by deinit.
    nonisolated(unsafe) let url: UnsafePointer<CChar>

    private static let origins = Mutex<[String: Int]>([:])

    /// - Throws: `HTTPInputError` if `url` is no absolute `http` or `https` URL.
    package init(_ url: String) throws(HTTPInputError) {
        CurlLibrary.initialise()
        guard let parsed = curl_url() else { throw HTTPInputError(description: "no memory for a URL") }
        defer { curl_url_cleanup(parsed) }
        let result = curl_url_set(parsed, CURLUPART_URL, url, 0)
        guard result == CURLUE_OK else {
            throw HTTPInputError(
                description:
                    "the URL is not usable (\(String(cString: curl_url_strerror(result)))); give an absolute one, like https://host/path")
        }
        let scheme = Self.part(CURLUPART_SCHEME, of: parsed) ?? ""
        guard scheme == "http" || scheme == "https", let name = Self.part(CURLUPART_HOST, of: parsed) else {
            throw HTTPInputError(description: "the URL's scheme is not http or https; give an absolute URL, like https://host/path")
        }
        let port = Self.part(CURLUPART_PORT, of: parsed)
        host = port.map { "\(name):\($0)" } ?? name
        isTLS = scheme == "https"
        isLinkLocal = name.hasPrefix("[") && (name.contains("%") || name.lowercased().hasPrefix("[fe80"))
        let key = "\(scheme)://\(name.lowercased()):\(port ?? (scheme == "https" ? "443" : "80"))"
        origin = Self.origins.withLock { origins in
            if let known = origins[key] { return known }
            let number = origins.count
            origins[key] = number
            return number
        }
        guard let copy = strdup(url) else { throw HTTPInputError(description: "no memory for a URL") }
        self.url = UnsafePointer(copy)
    }

    deinit {
        free(UnsafeMutablePointer(mutating: url))
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
