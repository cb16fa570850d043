package import Envelope
internal import EventLoop
package import HTTP
package import Providers
internal import Synchronization

/// A provider's account at one base URL, with what every request to it has in common. Used by all loops.
package final class ProviderEndpoint: Sendable {
    package let name: String
    package let format: any WireFormat
    /// Whether calls for a stream ask for usage.
    package let asksForStreamUsage: Bool
    /// The header fields of a call, by key; one without a key if there are none.
    private let headers: [HTTPHeaderList]
    /// What no message may repeat.
    package let secrets: [String]
    private let base: String
    private let query: String
    /// Of the paths without a model, by `Self.index`.
    private let fixed: [HTTPTarget?]
    /// Of other paths.
    private let targets = Mutex<[String: HTTPTarget]>([:])
    private let ring: Mutex<KeyRing>

    /// More paths than there are models; a requester's inventions must not fill the memory.
    private static let mostTargets = 4_096

    /// - Parameters:
    ///   - name: the provider's name in the configuration.
    ///   - baseURL: with the version, as in `https://api.openai.com/v1`; a slash at the end makes no difference. A query goes to the
    ///     end of each path.
    ///   - headers: sent with each request, by key.
    ///   - secrets: what of them no message may repeat.
    /// - Throws: `HTTPInputError` if URL or headers are not usable.
    package init(
        name: String, format: any WireFormat, baseURL: String, headers: [[HTTPField]] = [[]], secrets: [String] = [],
        asksForStreamUsage: Bool = true
    ) throws {
        self.name = name
        self.format = format
        self.asksForStreamUsage = asksForStreamUsage
        self.headers = try headers.map { fields in try HTTPHeaderList(fields.map { ($0.name, $0.value) }) }
        self.secrets = secrets
        let mark = baseURL.firstIndex(of: "?")
        let path = baseURL[..<(mark ?? baseURL.endIndex)]
        base = String(path.hasSuffix("/") ? path.dropLast() : path)
        query = mark.map { String(baseURL[baseURL.index(after: $0)...]) } ?? ""
        ring = Mutex(KeyRing(count: headers.count))
        let (base, query) = (base, query)
        fixed = try RequestType.allCases.flatMap { type in
            try [false, true].map { isStreamed in
                guard let path = format.path(for: type, isStreamed: isStreamed)?.description, !path.contains("{") else { return nil }
                return try Self.target(base, path, query)
            }
        }
        _ = try HTTPTarget(base)
    }

    private static func index(_ type: RequestType, isStreamed: Bool) -> Int {
        let ordinal =
            switch type {
            case .chat: 0
            case .completion: 1
            case .embedding: 2
            }
        return ordinal * 2 + (isStreamed ? 1 : 0)
    }

    private static func target(_ base: String, _ path: String, _ query: String) throws(HTTPInputError) -> HTTPTarget {
        let separator = query.isEmpty ? "" : path.contains("?") ? "&" : "?"
        return try HTTPTarget("\(base)\(path)\(separator)\(query)")
    }

    package var keyCount: Int { headers.count }

    package func headers(of key: Int) -> HTTPHeaderList { headers[key] }

    /// The URL of a path below the base.
    ///
    /// - Throws: `HTTPInputError` if that is not usable.
    package func target(_ path: String) throws(HTTPInputError) -> HTTPTarget {
        if let known = targets.withLock({ $0[path] }) { return known }
        let target = try Self.target(base, path, query)
        targets.withLock { targets in
            if targets.count >= Self.mostTargets { targets.removeAll() }
            targets[path] = target
        }
        return target
    }

    /// Where a call goes.
    ///
    /// - Throws: `ProviderError` with `unsupported` if the provider has no such thing.
    func target(for type: RequestType, isStreamed: Bool, model: String) throws(ProviderError) -> HTTPTarget {
        if let fixed = fixed[Self.index(type, isStreamed: isStreamed)] { return fixed }
        guard let template = format.path(for: type, isStreamed: isStreamed) else {
            let what = type == .embedding ? "embeddings" : type == .completion ? "completions of a prompt" : "chat"
            throw .unsupported(format.name, what, "name a model of another provider")
        }
        // Such a segment would lead out of the provider's API, key and all.
        guard !model.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw ProviderError(code: .providerInvalidRequest, message: "the model's name has a segment of dots only; name a model")
        }
        do {
            return try target(Self.path(template.description, model))
        } catch {
            throw ProviderError(code: .providerInvalidRequest, message: "the model's name makes no usable URL: \(error.description)")
        }
    }

    private static func path(_ template: String, _ model: String) -> String {
        guard let start = template.firstIndex(of: "{"), let end = template.firstIndex(of: "}") else { return template }
        return template[..<start] + model.percentEncoded + template[template.index(after: end)...]
    }

    // MARK: Keys

    /// The key for a call, of whose outcome one of the other two is to be told.
    package func takeKey(for model: String) -> KeyRing.Choice {
        ring.withLock { $0.take(for: model, now: .now) }
    }

    /// The keys that a call may be made with, the best first.
    func usableKeys(for model: String) -> [Int] {
        ring.withLock { $0.usable(for: model, now: .now) }
    }

    /// Takes a key among these.
    ///
    /// - Returns: false if it has been set aside meanwhile.
    func takeKey(_ key: Int, for model: String) -> Bool {
        ring.withLock { $0.take(key, for: model, now: .now) }
    }

    func hasRestedKey(for model: String) -> Bool {
        ring.withLock { $0.hasRested(for: model, now: .now) }
    }

    package func keyFinished(_ key: Int, model: String, isAccepted: Bool) {
        ring.withLock { $0.finished(key, model: model, isAccepted: isAccepted) }
    }

    /// - Returns: milliseconds for which the key is set aside; nil if it was already, or is only resting.
    package func keyRefused(_ key: Int, _ fault: KeyRing.Fault, reason: ErrorCode) -> Double? {
        ring.withLock { $0.refused(key, fault, reason: reason, now: .now) }
    }
}

extension String {
    /// With everything escaped that may not stand in one segment of a URL's path (RFC 3986, 3.3), but for slashes, which names of
    /// models may have.
    fileprivate var percentEncoded: String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where "-._~@:/".utf8.contains(byte):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return result
    }
}
