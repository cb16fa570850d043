import TestSupport
import Testing

@testable import Coordination

@Suite struct ResultBudgetTests {
    @Test func theOldestGoForTheNewest() {
        var budget = ResultBudget(limit: 10)
        let gone = [
            budget.add("a", bytes: 4), budget.add("b", bytes: 4), budget.add("a", bytes: 2), budget.add("c", bytes: 5),
            budget.add("d", bytes: 10), budget.add("e", bytes: 11), budget.add("f", bytes: 0),
        ]
        #expect(gone == [[], [], [], ["b"], ["a", "c"], ["d", "e"], []])
        #expect(budget.used == 0)
    }

    @Test func itDoesWhatAListWould() {
        var random = SeededGenerator.forTest("result budget")
        for _ in 0..<200 {
            let limit = Int.random(in: 1...2_000, using: &random)
            var budget = ResultBudget(limit: limit)
            var list: [(key: String, bytes: Int)] = []
            for _ in 0..<500 {
                let key = "key\(Int.random(in: 0..<300, using: &random))"
                list.removeAll { $0.key == key }
                if Bool.random(using: &random) {
                    budget.remove(key)
                } else {
                    let bytes = Int.random(in: 0...limit / 5 + 1, using: &random)
                    list.append((key, bytes))
                    var expected: [String] = []
                    while list.reduce(0, { $0 + $1.bytes }) > limit { expected.append(list.removeFirst().key) }
                    let gone = budget.add(key, bytes: bytes)
                    #expect(gone == expected)
                }
                #expect(budget.used == list.reduce(0) { $0 + $1.bytes })
            }
        }
    }
}
