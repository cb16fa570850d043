import Providers
import Testing

@testable import BatchLane

@Suite struct BatchSearchTests {
    private let batch = Batch(name: "b", queue: "q", size: 3, phase: .sending(key: 0, at: 10_000_000))

    private func listed(
        _ id: String, name: String? = nil, _ state: ProviderBatch.State = .running, created: Int64? = 10_000_000, count: Int? = 3
    ) -> ProviderBatch {
        ProviderBatch(id: id, state: state, name: name, created: created, count: count, results: [])
    }

    @Test func aNameTells() {
        let search = BatchSearch(batch: batch, sentAt: 10_000_000, keepsNames: true, known: [])
        #expect(search.verdict(listed("x", name: "b")) == .itself)
        #expect(search.verdict(listed("x", name: "c")) == .another)
        #expect(search.verdict(listed("x")) == .another)
    }

    @Test func withoutNamesOnlyTheEndTells() {
        let search = BatchSearch(batch: batch, sentAt: 10_000_000, keepsNames: false, known: ["known"])
        #expect(search.verdict(listed("x")) == .unknown)
        #expect(search.verdict(listed("x", .ended)) == .told)
        #expect(search.verdict(listed("x", created: nil, count: nil)) == .unknown)
        #expect(search.verdict(listed("known")) == .another)
        #expect(search.verdict(listed("x", count: 4)) == .another)
        #expect(search.verdict(listed("x", created: 9_000_000)) == .another)
        #expect(search.isTooOld(listed("x", created: 9_000_000)))
        #expect(!search.isTooOld(listed("x", created: 9_400_000)))
    }
}
