internal import HTTP
package import Providers

/// Where a provider is and how it is spoken with.
package struct ProviderConfiguration: Sendable {
    package let format: any WireFormat
    /// With the version, as in `https://api.openai.com/v1`.
    package let baseURL: String
    /// Nil if the provider wants none.
    package let apiKey: Secret?
    /// Nil if calls name no account.
    package let organization: String?
    /// Header fields beyond those that the kind has.
    package let headers: [String: ConfiguredText]
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
        apiKey = settings.secret(path.appending("api_key"))
        let organization = settings.text(path.appending("organization"))
        self.organization = organization.isEmpty ? nil : organization
        headers = Self.headers(path.appending("headers"), settings, &problems)
        checkNames(path.appending("headers"), settings, &problems)
    }

    /// The API key; nil if there is none.
    ///
    /// - Throws: what kept it from being read.
    package func resolvedKey() throws(ConfigurationError) -> String? {
        try apiKey?.reveal()
    }

    /// The configured header fields, by name. None of them is one that the kind has.
    ///
    /// - Throws: what kept a secret from being read.
    package func resolvedHeaders() throws(ConfigurationError) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for (name, text) in headers.sorted(by: { $0.key < $1.key }) { fields.append((name, try text.reveal())) }
        return fields
    }

    /// Reports secrets that cannot be read or are no header's value.
    func check(_ name: String, _ problems: inout Problems) {
        do {
            let own = format.headers(key: try resolvedKey(), organization: organization).map { (name: $0.name, value: $0.value) }
            Self.check(own + (try resolvedHeaders()), SettingPath(["providers", name]), origin, &problems)
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
        let own = format.headers(key: apiKey?.reference, organization: organization).map(\.name)
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
