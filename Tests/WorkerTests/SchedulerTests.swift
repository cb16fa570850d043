import Configuration
import TestSupport
import Testing

@testable import Worker

@Suite struct SchedulerTests {
    /// Takes out all that may run, in order, without ending any of it.
    private func drain<Item>(_ scheduler: inout Scheduler<Item>) -> [Item] {
        var items: [Item] = []
        while let (item, _) = scheduler.next() { items.append(item) }
        return items
    }

    /// The macro cannot call what mutates.
    private func take<Item>(_ scheduler: inout Scheduler<Item>) throws -> (item: Item, turn: Scheduler<Item>.Turn) {
        let next = scheduler.next()
        return try #require(next)
    }

    @Test func oneOfEachKeyRunsAtATimeInOrderOfArrival() throws {
        var scheduler = Scheduler<String>(ordering: .key)
        for (item, priority, key) in [("a1", 0, [1]), ("b1", 0, [2]), ("a2", 9, [1]), ("none", 0, nil), ("a3", 5, [1])]
            as [(String, Int, [UInt8]?)]
        {
            scheduler.add(item, priority: priority, partition: 0, key: key)
        }
        let first = try take(&scheduler)
        #expect(first.item == "a1")
        #expect(drain(&scheduler) == ["b1", "none"])
        #expect(scheduler.count == 2)
        scheduler.finish(first.turn)
        let second = try take(&scheduler)
        #expect(second.item == "a2")
        #expect(drain(&scheduler).isEmpty)
        scheduler.finish(second.turn)
        #expect(drain(&scheduler) == ["a3"])
        #expect(scheduler.isEmpty)
    }

    @Test func theSameKeyInAnotherPartitionIsAnotherKey() {
        var scheduler = Scheduler<Int>(ordering: .key)
        scheduler.add(0, priority: 5, partition: 0, key: [1])
        scheduler.add(1, priority: 5, partition: 1, key: [1])
        #expect(drain(&scheduler) == [0, 1])
    }

    @Test func oneOfEachPartitionRunsAtATime() throws {
        var scheduler = Scheduler<Int>(ordering: .partition)
        for item in 0..<6 { scheduler.add(item, priority: item % 3, partition: item % 2, key: nil) }
        let first = try take(&scheduler)
        let second = try take(&scheduler)
        #expect(Set([first.item, second.item]) == [0, 1])
        #expect(drain(&scheduler).isEmpty)
        scheduler.finish(first.turn)
        #expect(drain(&scheduler) == [first.item + 2])
    }

    @Test func classesShareTheTurnsByWeight() {
        var scheduler = Scheduler<Int>(ordering: .unordered)
        for priority in 0..<10 {
            for _ in 0..<20 << priority { scheduler.add(priority, priority: priority, partition: 0, key: nil) }
        }
        var turns = [Int](repeating: 0, count: 10)
        for _ in 0..<10 * 1_023 { if let (priority, _) = scheduler.next() { turns[priority] += 1 } }
        for priority in 0..<10 { #expect(abs(turns[priority] - 10 << priority) <= 1, "class \(priority): \(turns[priority])") }
    }

    @Test func aClassHasNoCreditForTheTimeWhenItWasEmpty() {
        var scheduler = Scheduler<Int>(ordering: .unordered)
        for _ in 0..<3_000 { scheduler.add(8, priority: 8, partition: 0, key: nil) }
        for _ in 0..<2_000 { _ = scheduler.next() }
        for _ in 0..<1_000 { scheduler.add(9, priority: 9, partition: 0, key: nil) }
        let turns = (0..<300).compactMap { _ in scheduler.next()?.item }
        #expect(abs(turns.count { $0 == 9 } - 200) <= 1)
    }

    @Test func partitionsTakeTurns() {
        var scheduler = Scheduler<Int>(ordering: .unordered)
        for _ in 0..<10_000 { scheduler.add(0, priority: 5, partition: 0, key: nil) }
        for partition in 1...4 { for _ in 0..<100 { scheduler.add(partition, priority: 5, partition: partition, key: nil) } }
        let turns = (0..<500).compactMap { _ in scheduler.next()?.item }
        for partition in 0...4 { #expect(turns.count { $0 == partition } == 100) }
    }

    @Test func aPartitionThatIsGoneLeavesNothingBehind() {
        var scheduler = Scheduler<Int>(ordering: .key)
        for item in 0..<10 { scheduler.add(item, priority: item, partition: item % 2, key: [UInt8(item % 4)]) }
        let turns = (0..<2).compactMap { _ in scheduler.next() }
        let waiting = Set(0..<10).subtracting(turns.map(\.item))
        #expect(Set(scheduler.removeAll(of: 0)) == waiting.filter { $0 % 2 == 0 })
        #expect(scheduler.count == waiting.count { $0 % 2 == 1 })
        #expect(scheduler.count(of: 0) == 0)

        // The number is used again, with a key that an item of old still runs under.
        scheduler.add(100, priority: 9, partition: 0, key: [0])
        scheduler.add(101, priority: 9, partition: 0, key: [0])
        var running = drain(&scheduler)
        #expect(running.contains(100))
        for (item, turn) in turns where item % 2 == 0 { scheduler.finish(turn) }
        running += drain(&scheduler)
        #expect(!running.contains(101))
    }
}
