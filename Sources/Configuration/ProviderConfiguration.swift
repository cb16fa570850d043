internal import HTTP
package import Limits
package import Providers

/// Where a provider is and how it is spoken with.
package struct ProviderConfiguration: Sendable {
    package let format: any WireFormat
    /// With the version, as in `https://api.openai.com/v1`.
    package let baseURL: String
    /// Empty if the provider wants none; several take turns.
    package let apiKeys: [Secret]
    /// Whether streamed calls ask for usage.
    package let asksForStreamUsage: Bool
    /// Nil if calls name no account.
    package let organization: String?
    /// Header fields beyond those that the kind has.
    package let headers: [String: ConfiguredText]
    /// Of each key, for all models together.
    package let limits: LimitRates
    private let origin: Origin

    /// Nil if there are problems.
    init?(_ name: String, _ settings: Settings, _ problems: inout Problems) {
        let path = SettingPath(["providers", name])
        origin = settings.origin(of: path)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) else {
            problems.add("\(path): a provider's name has no spaces and no '/'", at: origin)
            return nil
        }
        guard let format = WireFormats.named(settings.text(path.appending("kind"))) else { return nil }
        self.format = format
        baseURL = settings.text(path.appending("base_url"))
        let (single, several) = (settings.secret(path.appending("api_key")), settings.secrets(path.appending("api_keys")))
        apiKeys = single.map { [$0] } ?? several
        asksForStreamUsage = settings.boolean(path.appending("stream_usage"))
        let organization = settings.text(path.appending("organization"))
        self.organization = organization.isEmpty ? nil : organization
        if single != nil, !several.isEmpty {
            problems.add("\(path): has api_key and api_keys; remove one of the two", at: settings.origin(of: path.appending("api_keys")))
        }
        limits = settings.rates(path)
        headers = Self.headers(path.appending("headers"), settings, &problems)
        checkNames(path.appending("headers"), settings, &problems)
    }

    /// The header fields of a call, by key; those without a key if there are none.
    ///
    /// - Throws: what kept a key or another secret from being read.
    package func resolvedFields() throws(ConfigurationError) -> [[HTTPField]] {
        let own = try resolvedHeaders().map { HTTPField(name: $0.name, value: $0.value) }
        var keys: [String?] = []
        for key in apiKeys { keys.append(try key.reveal()) }
        if keys.isEmpty { keys = [nil] }
        return keys.map { format.headers(key: $0, organization: organization) + own }
    }

    /// The keys, and the header fields that are secrets, whole and word by word: a scheme may stand before what is secret.
    ///
    /// - Throws: what kept one from being read.
    package func resolvedSecrets() throws(ConfigurationError) -> [String] {
        var secrets: [String] = []
        for key in apiKeys { secrets.append(try key.reveal()) }
        for case .secret(let header) in headers.values {
            let value = try header.reveal()
            secrets += [value] + value.split(separator: " ").map(String.init).filter { $0.lowercased() != "bearer" && $0 != value }
        }
        return secrets
    }

    /// The configured header fields, by name. None of them is one that the kind has.
    ///
    /// - Throws: what kept a secret from being read.
    private func resolvedHeaders() throws(ConfigurationError) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for (name, text) in headers.sorted(by: { $0.key < $1.key }) { fields.append((name, try text.reveal())) }
        return fields
    }

    /// Reports secrets that cannot be read or are no header's value.
    func check(_ name: String, _ problems: inout Problems) {
        do {
            for fields in try resolvedFields() {
                Self.check(fields.map { ($0.name, $0.value) }, SettingPath(["providers", name]), origin, &problems)
            }
        } catch {
            problems.add(error)
        }
    }

    private static func headers(_ section: SettingPath, _ settings: Settings, _ problems: inout Problems) -> [String: ConfiguredText] {
        var headers: [String: ConfiguredText] = [:]
        for name in settings.names(in: section) {
            let path = section.appending(name)
            let text = settings.textOrSecret(path)
            if case .literal(let value) = text { check([(name, value)], path, settings.origin(of: path), &problems) }
            headers[name] = text
        }
        return headers
    }

    private func checkNames(_ section: SettingPath, _ settings: Settings, _ problems: inout Problems) {
        let own = format.headers(key: apiKeys.first?.reference, organization: organization).map(\.name)
        for name in headers.keys.sorted() where own.contains(name.lowercased()) {
            problems.add(
                "\(section.appending(name)): is sent already, by the provider's kind, api_key or organization; remove one of the two",
                at: settings.origin(of: section.appending(name)))
        }
    }

    private static func check(
        _ fields: [(name: String, value: String)], _ path: SettingPath, _ origin: Origin, _ problems: inout Problems
    ) {
        do {
            _ = try HTTPHeaderList(fields)
        } catch {
            problems.add("\(path): \(error.description)", at: origin)
        }
    }
}
