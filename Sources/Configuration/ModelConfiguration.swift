package import Providers

/// What a model's alias stands for.
package struct ModelConfiguration: Sendable {
    package let provider: String
    /// The model as the provider knows it.
    package let model: String
    package let price: Price?

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
        guard let input, let output else {
            if input != nil || output != nil || cached != nil {
                let origins = ["input", "output", "cached_input"].map { settings.origin(of: path.appending($0)) }
                problems.add("\(path): needs both input and output", at: origins.first { $0 != .initial } ?? .initial)
            }
            return nil
        }
        return Price(input: input, cachedInput: cached, output: output)
    }
}
