import TestSupport
import Testing

@testable import HTTP

/// Every request of an origin as libcurl would treat it, with what `Admission` must never allow checked at each step.
private struct Model {
    var admission: Admission
    let maxConnectionsPerHost: Int
    let maxConnections: Int
    var waiting: [Int: [Int]] = [:]
    var started: [Int] = []
    var connected: Set<Int> = []
    var origins: [Int: Int] = [:]
    var multiplexed: Set<Int> = []

    init(maxConnectionsPerHost: Int, maxConnections: Int) {
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.maxConnections = maxConnections
        admission = Admission(maxConnectionsPerHost: maxConnectionsPerHost, maxConnections: maxConnections)
    }

    mutating func submit(_ slot: Int, origin: Int, offersHTTP2: Bool) {
        origins[slot] = origin
        if admission.submit(slot, origin: origin, offersHTTP2: offersHTTP2) {
            #expect(waiting[origin, default: []].isEmpty, "\(slot) went ahead of those that wait")
            started.append(slot)
        } else {
            waiting[origin, default: []].append(slot)
        }
        check()
    }

    mutating func connect(_ slot: Int) {
        guard connected.insert(slot).inserted else { return }
        if admission.connected(slot) { startNext(origins[slot] ?? 0) }
    }

    mutating func finish(_ slot: Int) {
        started.removeAll { $0 == slot }
        let wasConnected = connected.remove(slot) != nil
        admission.finished(slot, wasConnected: wasConnected)
        let origin = origins[slot] ?? 0
        if !wasConnected {
            for failed in admission.connectFailed(slot) {
                #expect(started.allSatisfy { origins[$0] != origin })
                #expect(waiting[origin]?.first == failed)
                waiting[origin]?.removeFirst()
            }
        }
        startNext(origin)
    }

    mutating func withdraw(_ slot: Int) {
        admission.withdraw(slot)
        waiting[origins[slot] ?? 0]?.removeAll { $0 == slot }
        check()
    }

    private mutating func startNext(_ origin: Int) {
        while let slot = admission.next(after: origin) {
            let its = origins[slot] ?? 0
            #expect(waiting[its]?.first == slot, "\(slot) is not the first that waits")
            waiting[its]?.removeFirst()
            started.append(slot)
            check()
        }
        check()
    }

    private func check() {
        #expect(admission.waiting == waiting.values.map(\.count).reduce(0, +))
        var connections = 0
        for origin in Set(origins.values) {
            let its = started.filter { origins[$0] == origin }
            let lanes = Dictionary(grouping: its) { admission.lane(of: $0) }
            if multiplexed.contains(origin) {
                connections += lanes.count
                #expect(lanes.values.allSatisfy { $0.count <= Admission.laneWidth })
            } else {
                connections += its.count
                #expect(its.count <= maxConnectionsPerHost)
            }
        }
        #expect(connections <= maxConnections)
    }
}

@Suite struct AdmissionTests {
    @Test func oneRequestTriesAnOriginAndOpensItForTheOthers() {
        var model = Model(maxConnectionsPerHost: 3, maxConnections: 100)
        for slot in 0..<5 { model.submit(slot, origin: 0, offersHTTP2: false) }
        #expect(model.started == [0])
        model.connect(0)
        #expect(model.started == [0, 1, 2])
        model.connect(1)
        model.finish(1)
        #expect(model.started == [0, 2, 3])
    }

    @Test func theQueueSharesTheFateOfTwoTriesThatFail() {
        var model = Model(maxConnectionsPerHost: 3, maxConnections: 100)
        for slot in 0..<5 { model.submit(slot, origin: 0, offersHTTP2: false) }
        model.finish(0)
        #expect(model.started == [1])
        model.finish(1)
        #expect(model.started == [])
        #expect(model.admission.waiting == 0)
        model.submit(5, origin: 0, offersHTTP2: false)
        #expect(model.started == [5])
    }

    @Test func requestsOverHTTP2ShareALaneUntilItIsFull() {
        var model = Model(maxConnectionsPerHost: 2, maxConnections: 100)
        model.submit(0, origin: 0, offersHTTP2: true)
        model.connect(0)
        model.multiplexed = [0]
        model.admission.setMultiplexed(0, true)
        for slot in 1..<250 { model.submit(slot, origin: 0, offersHTTP2: true) }
        // A hundred in the first lane, and one that tries the second.
        #expect(model.started.count == 101)
        model.connect(100)
        #expect(model.started.count == 200)
        #expect(Set(model.started.map { model.admission.lane(of: $0) }) == [0, 1])
        model.connect(3)
        model.finish(3)
        #expect(model.admission.lane(of: model.started.last ?? -1) == 0)
    }

    @Test func anOriginThatIsFullDoesNotHoldUpOthers() {
        var model = Model(maxConnectionsPerHost: 1, maxConnections: 100)
        for slot in 0..<3 { model.submit(slot, origin: 0, offersHTTP2: false) }
        model.submit(3, origin: 1, offersHTTP2: false)
        #expect(model.started == [0, 3])
        model.finish(3)
        #expect(model.started == [0])
    }

    @Test func theLimitOfAllIsGivenOutInTurns() {
        var model = Model(maxConnectionsPerHost: 10, maxConnections: 2)
        model.submit(0, origin: 0, offersHTTP2: false)
        model.connect(0)
        for slot in 1..<4 { model.submit(slot, origin: 0, offersHTTP2: false) }
        for slot in 4..<6 { model.submit(slot, origin: 1, offersHTTP2: false) }
        #expect(model.started == [0, 1])
        model.finish(0)
        #expect(model.started == [1, 2])
        model.finish(1)
        #expect(model.started == [2, 4])
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func nothingIsForgottenAndNoLimitBroken(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var model = Model(
            maxConnectionsPerHost: Int.random(in: 1...5, using: &random), maxConnections: Int.random(in: 1...8, using: &random))
        var unused = Array((0..<150).reversed())
        for _ in 0..<600 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                guard let slot = unused.popLast() else { continue }
                let origin = Int.random(in: 0..<4, using: &random)
                model.submit(slot, origin: origin, offersHTTP2: origin == 3)
            case 4..<6:
                if let slot = model.started.randomElement(using: &random) { model.connect(slot) }
            case 6..<9:
                if let slot = model.started.randomElement(using: &random) { model.finish(slot) }
            default:
                if let slot = model.waiting.values.joined().randomElement(using: &random) { model.withdraw(slot) }
            }
        }
        // However it went, what waits is started in the end by those before it ending well.
        var rounds = 0
        while let slot = model.started.first, rounds < 1000 {
            model.connect(slot)
            model.finish(slot)
            rounds += 1
        }
        #expect(model.admission.waiting == 0, "seed \(seed)")
        #expect(model.started.isEmpty, "seed \(seed)")
    }
}
