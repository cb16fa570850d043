import Envelope
import Kafka
import TestSupport
import Testing

@testable import Bulk

@Suite struct DeadLetterPlanTests {
    private func rules(
        codes: Set<ErrorCode> = [], all: Bool = false, again: Bool = false, maxReplays: Int = 3
    ) -> DeadLetterReplayPlan.Rules {
        .init(codes: codes, includesHopeless: all, again: again, maxReplays: maxReplays)
    }

    private func memory(_ committed: Int64? = nil, _ completed: CompletedOffsets = CompletedOffsets(), end: Int64 = 100_000)
        -> DeadLetterMemory
    {
        DeadLetterMemory(committed: committed, completed: completed, end: end, metadataLimit: 4_096)
    }

    /// What a plan makes of one letter: nil if it is chosen.
    private func verdict(
        _ letter: DeadLetter, _ rules: DeadLetterReplayPlan.Rules, committed: Int64? = nil
    ) -> DeadLetterReplayPlan.Skip? {
        var plan = DeadLetterReplayPlan(rules: rules, memory: [partition: memory(committed)])
        plan.add(letter, isMeant: true)
        #expect(plan.chosen.count + plan.skipped.values.reduce(0, +) == 1)
        return plan.skipped.keys.first
    }

    // MARK: Choosing

    @Test func codesThatCannotPassNeedToBeNamed() {
        let hopeful: Set<ErrorCode> = [
            .rateLimited, .overloaded, .timeout, .connection, .serverError, .malformedResponse, .streamTruncated,
            .streamCorrupt, .streamStalled, .schemaMismatch, .shutdown, .auth, .permission,
            .notFound, .quotaExhausted, .budgetExceeded, .internal,
        ]
        for code in ErrorCode.allCases {
            #expect(verdict(letter(1, code: code), rules()) == (hopeful.contains(code) ? nil : .hopeless(code)))
            #expect(verdict(letter(1, code: code), rules(codes: [code])) == nil)
            #expect(verdict(letter(1, code: code), rules(all: true)) == nil)
        }
        #expect(ErrorCode.allCases.filter(\.retryable).allSatisfy(hopeful.contains))
    }

    @Test func aRequestThatKeepsComingBackIsLeftOut() {
        #expect(verdict(letter(1, replays: 2), rules()) == nil)
        #expect(verdict(letter(1, replays: 3), rules()) == .tooOften)
        #expect(verdict(letter(1, replays: 3), rules(all: true, again: true)) == .tooOften)
        #expect(verdict(letter(1, replays: 3), rules(maxReplays: 4)) == nil)
    }

    @Test func whatIsNotWholeOrNotOursIsLeftOut() {
        #expect(verdict(letter(1, isTruncated: true), rules(all: true)) == .truncated)
        #expect(verdict(foreignLetter(1), rules(all: true)) == .foreign)
    }

    @Test func whatWasReplayedIsLeftOutUnlessAskedFor() {
        #expect(verdict(letter(1), rules(), committed: 2) == .replayed)
        #expect(verdict(letter(2), rules(), committed: 2) == nil)
        #expect(verdict(letter(1), rules(again: true), committed: 2) == nil)
    }

    @Test func theOldestAreSentFirst() {
        var plan = DeadLetterReplayPlan(rules: rules(), memory: [:])
        for (offset, time) in [(0, 30), (1, 10), (2, 20), (3, 20)] { plan.add(letter(Int64(offset), time: Int64(time)), isMeant: true) }
        plan.add(letter(4, time: 1), isMeant: false)
        plan.finish(limit: 3)
        #expect(plan.chosen.map(\.place.offset) == [1, 2, 3])
        #expect(plan.chosen.map(\.topic) == ["requests", "requests", "requests"])
        #expect(plan.skipped.isEmpty)
    }

    // MARK: Remembering

    /// Runs of replays, each with what the one before has committed, against a set of offsets.
    @Test func whatIsRememberedIsWhatWasReplayed() {
        var random = SeededGenerator.forTest("whatIsRememberedIsWhatWasReplayed")
        for _ in 0..<1_000 {
            var offsets = (0..<Int64.random(in: 1...60, using: &random)).filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
            var replayed: Set<Int64> = []
            var committed: OffsetCommit?
            for _ in 0..<4 {
                let known = committed.map { $0.metadata.flatMap { CompletedOffsets(decoding: $0, from: committed?.offset ?? 0) } } ?? nil
                var plan = DeadLetterReplayPlan(
                    rules: rules(), memory: [partition: memory(committed?.offset, known ?? CompletedOffsets())])
                let isMeant = Set(offsets.filter { _ in Bool.random(using: &random) })
                for offset in offsets { plan.add(letter(offset), isMeant: isMeant.contains(offset)) }
                plan.finish(limit: nil)
                #expect(plan.chosen.map(\.place.offset) == isMeant.subtracting(replayed).sorted())
                // Of what is sent some may fail.
                let sent = plan.chosen.map(\.place).filter { _ in Int.random(in: 0..<5, using: &random) > 0 }.shuffled(using: &random)
                let half = sent.count / 2
                for part in [Array(sent[..<half]), Array(sent[half...])] {
                    let (commits, overfull) = plan.complete(part)
                    #expect(overfull.isEmpty)
                    #expect(commits.count == (part.isEmpty ? 0 : 1))
                    committed = commits.first ?? committed
                }
                replayed.formUnion(sent.map(\.offset))
                // New letters come, and the oldest go.
                let end = (offsets.last ?? 0) + 1
                offsets += end..<end + Int64.random(in: 0...5, using: &random)
                offsets.removeFirst(Int.random(in: 0...min(3, offsets.count), using: &random))
                if offsets.isEmpty { break }
            }
        }
    }

    @Test func nothingIsRememberedOfATopicThatWasMadeAnew() {
        #expect(memory(10, end: 10).contains(9))
        #expect(!memory(10, end: 9).contains(5))
        #expect(!memory(nil).contains(0))
    }

    @Test func tooManyGapsAreTold() {
        var plan = DeadLetterReplayPlan(rules: rules(), memory: [partition: memory()])
        for offset in 0..<Int64(40_000) { plan.add(letter(offset), isMeant: true) }
        let few = plan.complete((0..<10_000).map { place($0 * 2 + 1) })
        #expect(few.overfull.isEmpty && few.commits.first?.offset == 0)
        let many = plan.complete((10_000..<20_000).map { place($0 * 2 + 1) })
        #expect(many.overfull == [partition] && many.commits.isEmpty)
    }

    @Test func lettersSentAgainThatAreLongRememberedNeedNoCommit() {
        var plan = DeadLetterReplayPlan(rules: rules(again: true), memory: [partition: memory(5, end: 5)])
        for offset in 0..<Int64(5) { plan.add(letter(offset), isMeant: true) }
        let (commits, overfull) = plan.complete(plan.chosen.map(\.place))
        #expect(plan.chosen.count == 5)
        #expect(commits.isEmpty && overfull.isEmpty)
    }

    // MARK: Deleting

    @Test func onlyWhatStandsInFrontIsDeleted() {
        var random = SeededGenerator.forTest("onlyWhatStandsInFrontIsDeleted")
        for _ in 0..<2_000 {
            let isMeant = (0..<2).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 0..<3, using: &random) > 0 }
            }
            let partitions = isMeant.indices.map { TopicPartition(topic: "dead", partition: Int32($0)) }
            var plan = DeadLetterPurgePlan(ends: Dictionary(uniqueKeysWithValues: partitions.map { ($0, 100) }))
            for (number, letters) in isMeant.enumerated() {
                for (index, isMeant) in letters.enumerated() { plan.add(place(Int64(index) * 3, Int32(number)), isMeant: isMeant) }
            }
            let front = isMeant.map { $0.prefix { $0 }.count }
            #expect(plan.deletable == front.reduce(0, +))
            #expect(plan.unreachable == isMeant.joined().count { $0 } - plan.deletable)
            for (number, partition) in partitions.enumerated() {
                let end = front[number] == isMeant[number].count ? 100 : Int64(front[number]) * 3
                #expect(plan.offsets[partition] == (front[number] == 0 ? nil : end))
            }
        }
    }
}
