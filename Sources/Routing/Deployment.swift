package import Providers

/// One model at one provider.
package struct Deployment: Sendable {
    package let endpoint: ProviderEndpoint
    /// The model as the provider knows it.
    package let model: String
    /// Nil where it is not known.
    package let price: Price?
    /// How many tokens an answer may have if the request does not say; nil leaves that to the provider, or its format.
    package let maxTokens: Int?
    /// The model's name among all providers'.
    let name: String

    package init(endpoint: ProviderEndpoint, model: String, price: Price?, maxTokens: Int? = nil) {
        self.endpoint = endpoint
        self.model = model
        self.price = price
        self.maxTokens = maxTokens
        name = "\(endpoint.name)/\(model)"
    }
}
