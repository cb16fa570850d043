import Configuration
import Limits
import TestSupport
import Testing

@testable import Worker

/// What a scheduler is to do, said plainly: a list of all that waits, searched anew at each turn.
private struct Model {
    struct Waiting: Equatable {
        let item: Int
        let priority: Int
        let partition: Int
        let chain: [UInt8]?
        /// When it could first have run; nil while it must not.
        var ready: Int?
    }

    let ordering: WorkerConfiguration.Ordering
    var waiting: [Waiting] = []
    var running: [Waiting] = []
    var passes = [Int](repeating: 0, count: 10)
    var virtualTime = 0
    /// When each partition had its last turn in a class, or got something to do in it.
    var lastTurns: [[Int]: Int] = [:]
    var clock = 0

    init(ordering: WorkerConfiguration.Ordering) {
        self.ordering = ordering
    }

    mutating func add(_ item: Int, priority: Int, partition: Int, key: [UInt8]?) {
        let chain: [UInt8]? =
            switch ordering {
            case .unordered: nil
            case .key: key
            case .partition: [0]
            }
        waiting.append(Waiting(item: item, priority: priority, partition: partition, chain: chain))
        makeReady()
    }

    mutating func next() -> Int? {
        let ready = waiting.filter { $0.ready != nil }
        guard let priority = ready.map(\.priority).min(by: { (passes[$0], -$0) < (passes[$1], -$1) }) else { return nil }
        virtualTime = passes[priority]
        passes[priority] += 512 >> priority
        let candidates = ready.filter { $0.priority == priority }
        let partition = candidates.map(\.partition).min { lastTurns[[priority, $0]]! < lastTurns[[priority, $1]]! }
        let chosen = candidates.filter { $0.partition == partition }.min { $0.ready! < $1.ready! }!
        clock += 1
        lastTurns[[priority, chosen.partition]] = clock
        waiting.removeAll { $0.item == chosen.item }
        running.append(chosen)
        return chosen.item
    }

    mutating func finish(_ item: Int) {
        running.removeAll { $0.item == item }
        makeReady()
    }

    mutating func removeAll(of partition: Int) -> Set<Int> {
        let gone = waiting.filter { $0.partition == partition }
        waiting.removeAll { $0.partition == partition }
        running.removeAll { $0.partition == partition }
        return Set(gone.map(\.item))
    }

    private mutating func makeReady() {
        for index in waiting.indices where waiting[index].ready == nil {
            let its = waiting[index]
            let isBehind = (running + waiting[..<index]).contains {
                its.chain != nil && $0.chain == its.chain && $0.partition == its.partition
            }
            if isBehind { continue }
            let others = waiting.filter { $0.ready != nil && $0.priority == its.priority }
            if others.isEmpty { passes[its.priority] = max(passes[its.priority], virtualTime) }
            clock += 1
            if !others.contains(where: { $0.partition == its.partition }) { lastTurns[[its.priority, its.partition]] = clock }
            waiting[index].ready = clock
        }
    }
}

@Suite struct SchedulerModelTests {
    @Test(arguments: [WorkerConfiguration.Ordering.unordered, .key, .partition], 1...40 as ClosedRange<UInt64>)
    func agreesWithANaiveModel(ordering: WorkerConfiguration.Ordering, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var scheduler = Scheduler<Int>(ordering: ordering)
        var model = Model(ordering: ordering)
        var turns: [(item: Int, turn: Scheduler<Int>.Turn)] = []
        let partitions = Int.random(in: 1...5, using: &random)
        let priorities = Int.random(in: 1...10, using: &random)
        let keys = UInt8.random(in: 1...8, using: &random)
        for step in 0..<400 {
            let place: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<45:
                let priority = 10 - Int.random(in: 1...priorities, using: &random)
                let partition = Int.random(in: 0..<partitions, using: &random)
                let key = Int.random(in: 0..<5, using: &random) == 0 ? nil : [UInt8.random(in: 0..<keys, using: &random)]
                scheduler.add(step, priority: priority, partition: partition, key: key)
                model.add(step, priority: priority, partition: partition, key: key)
            case 45..<75:
                let drawn = scheduler.next()
                #expect(drawn?.item == model.next(), place)
                if let drawn { turns.append(drawn) }
            case 75..<98:
                guard !turns.isEmpty else { continue }
                let (item, turn) = turns.remove(at: Int.random(in: 0..<turns.count, using: &random))
                scheduler.finish(turn)
                model.finish(item)
            default:
                let partition = Int.random(in: 0..<partitions, using: &random)
                let gone = scheduler.removeAll(of: partition)
                #expect(gone.count == Set(gone).count, place)
                #expect(Set(gone) == model.removeAll(of: partition), place)
            }
            #expect(scheduler.count == model.waiting.count, place)
            #expect(scheduler.isEmpty == model.waiting.isEmpty, place)
            for partition in 0..<partitions {
                #expect(scheduler.count(of: partition) == model.waiting.count { $0.partition == partition }, place)
            }
        }
        while !turns.isEmpty || !scheduler.isEmpty {
            while let drawn = scheduler.next() {
                #expect(drawn.item == model.next(), "seed \(seed), at the end")
                turns.append(drawn)
            }
            guard let (item, turn) = turns.popLast() else { break }
            scheduler.finish(turn)
            model.finish(item)
        }
        #expect(scheduler.isEmpty, "seed \(seed): something waits for ever")
    }

    /// The bound that `Scheduler` and `PriorityClasses` state.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func nobodyIsPassedOverMoreOftenThanStated(seed: UInt64) {
        struct Request {
            let priority: Int
            /// By which draw it has to run.
            let latest: Int
        }
        var random = SeededGenerator(seed: seed)
        var scheduler = Scheduler<Request>(ordering: .unordered)
        let partitions = Int.random(in: 1...4, using: &random)
        var waiting: [[Int]: Int] = [:]
        var draws = 0
        for _ in 0..<4_000 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                // Mostly high ones, so that the low ones have to wait.
                let isLow = Int.random(in: 0..<20, using: &random) == 0
                let priority = Int.random(in: isLow ? 0...2 : 7...9, using: &random)
                let partition = Int.random(in: 0..<partitions, using: &random)
                let depth = waiting[[priority, partition], default: 0] + 1
                waiting[[priority, partition]] = depth
                let others = (0..<10).filter { $0 != priority }.map { $0 < priority ? 1 : 1 << ($0 - priority) + 1 }.reduce(0, +)
                scheduler.add(
                    Request(priority: priority, latest: draws + depth * partitions * (others + 1)), priority: priority,
                    partition: partition,
                    key: [UInt8(partition)])
            }
            guard let (request, _) = scheduler.next() else { continue }
            draws += 1
            #expect(draws <= request.latest, "seed \(seed): one of class \(request.priority) was passed over too often")
        }
    }
}
