import Envelope
import Providers
import Routing
import Testing

@Suite struct ModelTableTests {
    private let one: ProviderEndpoint
    private let two: ProviderEndpoint

    init() throws {
        one = try ProviderEndpoint(name: "one", format: OpenAIFormat(), baseURL: "http://127.0.0.1:1/v1", headers: [])
        two = try ProviderEndpoint(name: "two", format: OpenAIFormat(), baseURL: "http://127.0.0.1:2/v1/", headers: [])
    }

    private func table(fallback: ProviderEndpoint? = nil) -> ModelTable {
        let priced = Deployment(endpoint: one, model: "large", price: Price(input: 1, output: 2))
        return ModelTable(
            aliases: ["default": priced, "small": Deployment(endpoint: two, model: "s-1", price: nil)], endpoints: [one, two],
            fallback: fallback)
    }

    @Test func findsAliasesAndTheDefault() throws {
        #expect(try table().deployment(for: "small").model == "s-1")
        #expect(try table().deployment(for: "small").endpoint === two)
        #expect(try table().deployment(for: nil).model == "large")
    }

    @Test func readsProviderAndModel() throws {
        let deployment = try table().deployment(for: "two/org/model-7b")
        #expect(deployment.endpoint === two)
        #expect(deployment.model == "org/model-7b")
        #expect(deployment.price == nil)
    }

    @Test func knowsThePriceOfAModelNamedInFull() throws {
        #expect(try table().deployment(for: "one/large").price == Price(input: 1, output: 2))
    }

    @Test func refusesWhatItDoesNotKnow() {
        let error = #expect(throws: EnvelopeError.self) { try table().deployment(for: "nowhere/m") }
        #expect(error?.code == .unknownModel)
        #expect(error?.message.contains("default, small") == true)
        #expect(throws: EnvelopeError.self) { try table().deployment(for: "one/") }
        #expect(throws: EnvelopeError.self) {
            try ModelTable(aliases: [:], endpoints: [one], fallback: two).deployment(for: nil)
        }
    }

    @Test func passesUnknownNamesToTheFallback() throws {
        let deployment = try table(fallback: two).deployment(for: "gpt-x")
        #expect(deployment.endpoint === two)
        #expect(deployment.model == "gpt-x")
    }
}
