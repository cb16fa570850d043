import Envelope
import Providers
import Testing

@Suite struct PriceTests {
    private let price = Price(input: 0.15, cachedInput: 0.075, output: 0.60)

    @Test(
        arguments: [
            (Usage(input: 0, output: 0), 0), (Usage(input: 1_000_000, output: 0), 0.15), (Usage(input: 0, output: 1_000_000), 0.60),
            (Usage(input: 1_000_000, output: 0, cached: 1_000_000), 0.075),
            (Usage(input: 1000, output: 100, cached: 400, reasoning: 90), 0.00018),
            (Usage(input: 10, output: 0, cached: 20), 0.00000075),
            (Usage(input: -5, output: -5, cached: -5), 0),
            (Usage(input: 10, output: 0, cached: -20), 0.0000015),
        ] as [(Usage, Double)])
    func costsCachedTokensOnceAndIsNeverNegative(_ usage: Usage, _ expected: Double) {
        #expect(abs(price.cost(of: usage) - expected) < 1e-15)
    }

    @Test func cachedTokensCostAsOthersWhereTheyHaveNoPrice() {
        #expect(Price(input: 1, output: 2).cost(of: Usage(input: 1_000_000, output: 0, cached: 500_000)) == 1)
    }

    @Test func aNegativePriceIsNotPaidOut() {
        #expect(Price(input: -1, output: 0).cost(of: Usage(input: 1_000_000, output: 0)) == 0)
    }
}
