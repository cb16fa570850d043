import TestSupport
import Testing

@testable import Limits

@Suite struct FairQueueTests {
    private func next(_ queue: inout FairQueue<Int>, where mayGo: (String) -> Bool = { _ in true }) -> (tenant: String, item: Int)? {
        guard let (tenant, item) = queue.peek(where: { name, _ in mayGo(name) }) else { return nil }
        let taken = queue.takePeeked()
        #expect(taken == item)
        return (tenant, item)
    }

    @Test func whatWaitsAloneGoesInOrder() {
        var queue = FairQueue<Int>()
        for number in 0..<5 { _ = queue.add(number, tenant: "a", weight: 1, priority: 5, cost: 1) }
        let order = (0..<6).map { _ in next(&queue)?.item }
        #expect(order == [0, 1, 2, 3, 4, nil])
        #expect(queue.isEmpty)
    }

    @Test func tenantsShareByWeight() {
        var random = SeededGenerator.forTest("tenants' shares")
        for _ in 0..<50 {
            var queue = FairQueue<Int>()
            let weights = (0..<Int.random(in: 2...5, using: &random)).map { _ in Double(Int.random(in: 1...9, using: &random)) }
            let largest = Double(Int.random(in: 1...2_000, using: &random))
            var served = [Double](repeating: 0, count: weights.count)
            var costs: [Int: Double] = [:]
            var number = 0
            // The first has ten times as much waiting; all always have something.
            func fill(_ tenant: Int, _ count: Int) {
                for _ in 0..<count {
                    number += 1
                    costs[number] = Double.random(in: 1...largest, using: &random)
                    _ = queue.add(number, tenant: "\(tenant)", weight: weights[tenant], priority: 5, cost: costs[number] ?? 1)
                }
            }
            for tenant in weights.indices { fill(tenant, tenant == 0 ? 200 : 20) }
            for _ in 0..<2_000 {
                guard let (tenant, item) = next(&queue), let index = Int(tenant) else { break }
                served[index] += costs[item] ?? 0
                fill(index, 1)
                // Each has got what its weight says, but for a turn and one item.
                for one in weights.indices {
                    for other in weights.indices {
                        let difference = served[one] / weights[one] - served[other] / weights[other]
                        #expect(difference <= largest * (2 + 1 / weights[one] + 1 / weights[other]))
                    }
                }
            }
        }
    }

    @Test func whoMayNotGoKeepsItsPlaceAndHoldsUpNobody() {
        var queue = FairQueue<Int>()
        for number in 0..<3 { _ = queue.add(number, tenant: "a", weight: 1, priority: 5, cost: 10) }
        for number in 10..<13 { _ = queue.add(number, tenant: "b", weight: 1, priority: 5, cost: 1) }
        let others = (0..<4).map { _ in next(&queue, where: { $0 != "a" })?.item }
        #expect(others == [10, 11, 12, nil])
        let rest = (0..<3).map { _ in next(&queue)?.item }
        #expect(rest == [0, 1, 2])
    }

    @Test func aTenantThatHadNothingSavesNothingUp() {
        var queue = FairQueue<Int>()
        for number in 0..<100 { _ = queue.add(number, tenant: "busy", weight: 1, priority: 5, cost: 1) }
        for _ in 0..<50 { _ = next(&queue) }
        for number in 200..<300 { _ = queue.add(number, tenant: "late", weight: 1, priority: 5, cost: 1) }
        let ten = (0..<20).compactMap { _ in next(&queue)?.tenant }
        #expect((9...11).contains(ten.count { $0 == "late" }))
    }

    @Test func higherPrioritiesOfATenantGoFirstAndLowOnesAreNotStarved() {
        var queue = FairQueue<Int>()
        for number in 0..<600 { _ = queue.add(number, tenant: "a", weight: 1, priority: 9, cost: 1) }
        _ = queue.add(1_000, tenant: "a", weight: 1, priority: 0, cost: 1)
        let order = (0..<601).compactMap { _ in next(&queue)?.item }
        let place = order.firstIndex(of: 1_000) ?? 0
        #expect(order.first == 0 && place > 0 && place <= 513)
    }

    @Test func whatIsTakenOutEarlyIsGone() {
        var queue = FairQueue<Int>()
        let tickets = (0..<6).map { queue.add($0, tenant: "\($0 % 2)", weight: 1, priority: $0, cost: 1) }
        let taken = [queue.remove(tickets[3]), queue.remove(tickets[3])]
        #expect(taken == [3, nil])
        let gone = queue.removeAll { tenant, item in tenant == "0" && item != 2 }
        #expect(gone.sorted() == [0, 4])
        #expect(queue.count == 3)
        var rest: [Int] = []
        while let (_, item) = next(&queue) { rest.append(item) }
        #expect(rest.sorted() == [1, 2, 5])
    }
}
