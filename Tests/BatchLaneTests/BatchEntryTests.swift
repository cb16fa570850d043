import Envelope
import TestSupport
import Testing

@testable import BatchLane

@Suite struct BatchEntryTests {
    private let timing = BatchTiming(gather: 60_000, maxRequests: 10, poll: 60_000, deadline: 86_400_000)

    private func terms(end: Int64? = nil) -> BatchTerms { BatchTerms(began: 0, end: end, timing) }

    private var all: [BatchEntry?] {
        [
            nil, .pending(queue: "q"), .inBatch("b"), .result(status: 200, milliseconds: 5, body: [1, 10, 2]), .without(.expired),
            .without(.cancelled), .without(.busy), .without(.failed), .without(.refused), .ordinary(since: 7),
        ]
    }

    // MARK: Steps

    @Test func beforeItsDeadlineARequestIsEnteredAndWaits() {
        let steps = all.map { $0.step(terms(), attempts: 0, now: 1_000) }
        #expect(
            steps == [
                .enter, .wait, .wait, .answer(status: 200, milliseconds: 5, body: [1, 10, 2]), .enter, .enter, .enter, .enter,
                .leave(from: "n"), .goOn(since: 7),
            ])
    }

    @Test func afterItsDeadlineItGoesTheOrdinaryWayUnlessABatchMayHaveIt() {
        let steps = all.map { $0.step(terms(), attempts: 0, now: 86_400_000) }
        #expect(
            steps == [
                .leave(from: ""), .leave(from: "p"), .cancel(batch: "b"), .answer(status: 200, milliseconds: 5, body: [1, 10, 2]),
                .leave(from: "n"), .leave(from: "n"), .leave(from: "n"), .leave(from: "n"), .leave(from: "n"), .goOn(since: 7),
            ])
    }

    @Test func aBatchThatDoesNotEndIsNotWaitedForForEver() {
        let entry: BatchEntry? = .inBatch("b")
        #expect(entry.step(terms(), attempts: 0, now: 86_400_000 + BatchTiming.patience - 1) == .cancel(batch: "b"))
        #expect(entry.step(terms(), attempts: 0, now: 86_400_000 + BatchTiming.patience) == .leave(from: "bn"))
        #expect(entry.step(terms(end: 3_600_000), attempts: 0, now: 3_600_000) == .leave(from: "bn"))
    }

    @Test func afterTwoFailuresItGoesTheOrdinaryWay() {
        let entry: BatchEntry? = .without(.failed)
        #expect(entry.step(terms(), attempts: 1, now: 0) == .enter)
        #expect(entry.step(terms(), attempts: 2, now: 0) == .leave(from: "n"))
        let result: BatchEntry? = .result(status: 500, milliseconds: 0, body: [])
        #expect(result.stepAfterFailure(terms(), attempts: 1, now: 0) == .enter)
        #expect(result.stepAfterFailure(terms(), attempts: 2, now: 0) == .leave(from: "r"))
        #expect(result.stepAfterFailure(terms(), attempts: 1, now: 86_400_000) == .leave(from: "r"))
    }

    @Test func isReadBackAsItWasStored() {
        for entry in all.compactMap({ $0 }) { #expect(BatchEntry(stored: entry.stored) == entry) }
        for text in ["", "x", "nodd", "o", "r200", "r200 5", "rx 5\n", "r200 x\n"] {
            #expect(BatchEntry(stored: Array(text.utf8)) == nil, "\(text)")
        }
    }

    // MARK: Terms

    @Test func theOwnDeadlineLeavesTimeForAnOrdinaryCall() {
        #expect(terms().deadline == 86_400_000)
        #expect(!terms().isHurried)
        #expect(terms(end: 36_000_000).deadline == 32_400_000)
        #expect(terms(end: 36_000_000).isHurried)
        #expect(terms(end: 300_000).deadline == 240_000)
        #expect(terms(end: 30_000).deadline < 0)
        #expect(!terms(end: 200_000_000).isHurried)
    }

    @Test func waitsGrowAndDoNotPassTheDeadline() {
        let terms = terms()
        #expect(terms.wait(now: 0, timing) == 120_000)
        #expect(terms.wait(now: 1_200_000, timing) == 300_000)
        #expect(terms.wait(now: 10_000_000, timing) == 600_000)
        #expect(terms.wait(now: 86_390_000, timing) == 10_000)
        #expect(terms.wait(now: 86_400_000, timing) == 60_000)
        #expect(self.terms(end: 100_000).wait(now: 95_000, timing) == 5_000)
    }

    // MARK: Queues

    @Test func aQueueIsReadBackFromItsName() {
        var random = SeededGenerator.forTest("queue names")
        let pieces = ["a", ":", "1:", "ü", "/", "", " ", "}"]
        for _ in 0..<2_000 {
            func name() -> String { (0..<3).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() }
            let type: RequestType = [.chat, .completion, .embedding].randomElement(using: &random) ?? .chat
            let queue = BatchQueue(provider: name(), model: name(), type: type, isHurried: Bool.random(using: &random))
            #expect(BatchQueue(queue.name) == queue)
        }
        for name in ["", "usual", "odd:chat:1:p:m", "usual:odd:1:p:m", "usual:chat:x:p:m", "usual:chat:9:p:m", "usual:chat:-1:p:m"] {
            #expect(BatchQueue(name) == nil, "\(name)")
        }
        #expect(!BatchQueue(provider: "p", model: "a\nb", type: .chat, isHurried: false).isStorable)
    }
}
