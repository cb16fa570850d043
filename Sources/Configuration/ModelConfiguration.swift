package import Limits
package import Providers

/// What a model's alias stands for.
package struct ModelConfiguration: Sendable {
    package let provider: String
    /// The model as the provider knows it.
    package let model: String
    package let price: Price?
    /// How many tokens an answer may have if the request does not say; nil leaves that to the provider.
    package let maxTokens: Int?
    /// Of each key of the provider.
    package let limits: LimitRates

    /// Nil if there are problems.
    init?(_ alias: String, _ settings: Settings, _ problems: inout Problems) {
        let path = SettingPath(["models", alias])
        var missing: [String] = []
        func required(_ name: String) -> String {
            guard settings.setting(path.appending(name)) != nil, case let text = settings.text(path.appending(name)), !text.isEmpty else {
                missing.append(name)
                return ""
            }
            return text
        }
        provider = required("provider")
        model = required("model")
        maxTokens = settings.optionalInteger(path.appending("max_tokens"))
        limits = settings.rates(path)
        price = Self.price(path.appending("price"), settings, &problems)
        for name in missing { problems.add("\(path.appending(name)): is missing; name the \(name)", at: settings.origin(of: path)) }
        let providers = settings.names(in: "providers")
        if !provider.isEmpty, !providers.contains(provider) {
            problems.add(
                "\(path).provider: there is no provider '\(provider)'" + NearestName.question(provider, among: providers),
                at: settings.origin(of: path.appending("provider")))
        }
        if !missing.isEmpty { return nil }
    }

    private static func price(_ path: SettingPath, _ settings: Settings, _ problems: inout Problems) -> Price? {
        let (input, output) = (settings.number(path.appending("input")), settings.number(path.appending("output")))
        let cached = settings.number(path.appending("cached_input"))
        let written = settings.number(path.appending("cache_write"))
        guard let input, let output else {
            if input != nil || output != nil || cached != nil || written != nil {
                let origins = ["input", "output", "cached_input", "cache_write"].map { settings.origin(of: path.appending($0)) }
                problems.add("\(path): needs both input and output", at: origins.first { $0 != .initial } ?? .initial)
            }
            return nil
        }
        return Price(input: input, cachedInput: cached, cacheWrite: written, output: output)
    }
}
