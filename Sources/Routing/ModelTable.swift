package import Envelope
internal import Providers

/// Which deployment a request's `model` means.
package struct ModelTable: Sendable {
    private let aliases: [String: Deployment]
    private let endpoints: [String: ProviderEndpoint]
    private let fallback: ProviderEndpoint?
    /// The configured models by `provider/model`.
    private var known: [String: Deployment] = [:]

    /// - Parameters:
    ///   - aliases: the configured models.
    ///   - endpoints: all providers, for `provider/model`.
    ///   - fallback: who gets names that are neither; nil refuses them.
    package init(aliases: [String: Deployment], endpoints: [ProviderEndpoint], fallback: ProviderEndpoint?) {
        self.aliases = aliases
        self.endpoints = Dictionary(endpoints.map { ($0.name, $0) }) { $1 }
        self.fallback = fallback
        for deployment in aliases.values {
            known["\(deployment.endpoint.name)/\(deployment.model)"] = deployment
        }
    }

    /// The deployment for a request.
    ///
    /// - Parameter name: an alias, `provider/model`, or nil for the alias `default`.
    /// - Throws: `EnvelopeError` with the code `unknown_model`.
    package func deployment(for name: String?) throws(EnvelopeError) -> Deployment {
        let wanted = name ?? "default"
        if let known = aliases[wanted] { return known }
        if let name, let slash = name.firstIndex(of: "/"), let endpoint = endpoints[String(name[..<slash])] {
            let model = String(name[name.index(after: slash)...])
            if !model.isEmpty { return known[name] ?? Deployment(endpoint: endpoint, model: model, price: nil) }
        }
        if let name, let fallback {
            return known["\(fallback.name)/\(name)"] ?? Deployment(endpoint: fallback, model: name, price: nil)
        }
        throw EnvelopeError(code: .unknownModel, message: explanation(name))
    }

    /// The provider of that configured name.
    package func endpoint(_ name: String) -> ProviderEndpoint? { endpoints[name] }

    private func explanation(_ name: String?) -> String {
        let known = aliases.keys.sorted().prefix(10).joined(separator: ", ")
        let aliases = known.isEmpty ? "no model is configured" : "configured are \(known)"
        guard let name else { return "the request names no model, and the configuration has none called default; \(aliases)" }
        let providers = endpoints.keys.sorted().prefix(10).joined(separator: ", ")
        return
            "unknown model \"\(name)\"; \(aliases); a model of a provider is named provider/model, with one of the providers \(providers), and default_provider gets the names that are neither"
    }
}
