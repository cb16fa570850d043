package import Providers

/// One model at one provider.
package struct Deployment: Sendable {
    package let endpoint: ProviderEndpoint
    /// The model as the provider knows it.
    package let model: String
    /// Nil where it is not known.
    package let price: Price?

    package init(endpoint: ProviderEndpoint, model: String, price: Price?) {
        self.endpoint = endpoint
        self.model = model
        self.price = price
    }
}
