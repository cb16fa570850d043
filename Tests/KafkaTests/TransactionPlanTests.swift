import TestSupport
import Testing

@testable import Kafka

/// The plan against a naive model of brokers that fail at random.
struct TransactionPlanTests {
    /// What is true at the brokers.
    private struct World {
        var random: SeededGenerator
        var isOpen = false
        var isPublished = false
        var commits = 0
        var refused: Set<Int> = []
        var refusalNamesNobody = false
        var sendsOneByOne = false
        var hasProducer = false
        /// From some step on nothing fails any more, so that each plan comes to its end.
        var remainingFaults = 30
        var wasAbandoned = false

        mutating func chance(_ percent: Int) -> Bool {
            guard remainingFaults > 0, Int.random(in: 0..<100, using: &random) < percent else { return false }
            remainingFaults -= 1
            return true
        }

        mutating func failure(_ kinds: [TransactionFailure.Kind]) -> TransactionPlan.Result {
            let codes: [KafkaError.Code] = [.timedOut, .brokerUnreachable, .notMember, .producerFenced, .notAuthorized, .other("x")]
            let code = codes[Int.random(in: 0..<codes.count, using: &random)]
            return .failed(TransactionFailure(kind: kinds[Int.random(in: 0..<kinds.count, using: &random)], error: KafkaError(code, "")))
        }

        mutating func perform(_ step: TransactionPlan.Step, isOneByOne: Bool) -> TransactionPlan.Result {
            switch step {
            case .open, .begin, .produce, .sendOffsets, .commit:
                if wasAbandoned || chance(2) {
                    wasAbandoned = true
                    return .abandoned
                }
            default: break
            }
            switch step {
            case .open:
                hasProducer = true
                sendsOneByOne = isOneByOne
                if chance(20) { return failure([.retriable, .fatal]) }
                isOpen = false
            case .begin:
                #expect(hasProducer && !isOpen && !isPublished)
                if chance(5) { return failure([.retriable, .fatal]) }
                isOpen = true
                refused = []
            case .produce:
                #expect(hasProducer && isOpen)
                if chance(15) {
                    refused = [Int.random(in: 0..<5, using: &random)]
                    let isShared = Bool.random(using: &random)
                    refusalNamesNobody = isShared && !sendsOneByOne
                    let rejected = refused.map { ($0, KafkaError(.messageTooLarge, "")) }
                    return .refused(Dictionary(uniqueKeysWithValues: rejected), isShared: isShared)
                }
                if chance(20) { return failure([.abortable, .fatal]) }
            case .sendOffsets:
                #expect(hasProducer && isOpen && refused.isEmpty)
                if chance(30) { return failure([.retriable, .abortable, .fatal]) }
            case .commit:
                #expect(hasProducer && isOpen && refused.isEmpty)
                commits += 1
                // The coordinator may have done it, and its answer be lost.
                if chance(15) {
                    isPublished = true
                    return failure([.retriable, .fatal])
                }
                if chance(20) { return failure([.retriable, .abortable, .fatal]) }
                isPublished = true
                isOpen = false
            case .abort:
                #expect(hasProducer && isOpen)
                if isPublished { return failure([.fatal]) }
                if chance(30) {
                    if wasAbandoned { return .abandoned }
                    return failure([.retriable, .abortable, .fatal])
                }
                isOpen = false
            case .close: hasProducer = false
            case .finish: break
            }
            return .done
        }
    }

    @Test func whatAnOutcomeClaimsIsSo() {
        var generator = SeededGenerator.forTest("whatAnOutcomeClaimsIsSo")
        var outcomes: [String: Int] = [:]
        for _ in 0..<20_000 {
            let hasOffsets = Bool.random(using: &generator)
            var world = World(random: SeededGenerator(seed: generator.next()))
            var plan = TransactionPlan(hasOffsets: hasOffsets)
            var steps = 0
            var sentOffsets = false
            while true {
                if case .finish = plan.step { break }
                if case .sendOffsets = plan.step { sentOffsets = true }
                if case .begin = plan.step { sentOffsets = false }
                if case .commit = plan.step { #expect(sentOffsets == hasOffsets) }
                #expect(plan.pause <= .seconds(1))
                plan.advance(world.perform(plan.step, isOneByOne: plan.isOneByOne))
                steps += 1
                guard steps < 500 else {
                    Issue.record("no end after 500 steps")
                    return
                }
            }
            guard case .finish(let outcome) = plan.step else { return }
            switch outcome {
            case .committed:
                outcomes["committed", default: 0] += 1
                #expect(world.isPublished && !world.isOpen)
            case .aborted(let error, let rejected):
                outcomes[rejected.isEmpty ? "aborted" : "rejected", default: 0] += 1
                #expect(!world.isPublished)
                #expect(Set(rejected.keys).isSubset(of: world.refused))
                #expect(error.code != .cancelled || world.wasAbandoned)
                #expect(rejected.isEmpty || error.code == .messageTooLarge && !world.refusalNamesNobody)
            case .fenced(let error):
                outcomes["fenced", default: 0] += 1
                #expect(!world.isPublished)
                #expect(error.code == .notMember || error.code == .producerFenced)
            case .unknown:
                outcomes["unknown", default: 0] += 1
                #expect(world.commits > 0)
            }
        }
        print(outcomes.sorted { $0.key < $1.key })
        #expect(Set(outcomes.keys) == ["committed", "aborted", "rejected", "fenced", "unknown"])
    }

    @Test func afterACommitOfUnknownFateTheTransactionIsSettledBeforeTheCallerIsTold() {
        var plan = TransactionPlan(hasOffsets: false)
        for _ in 0..<3 { plan.advance(.done) }
        plan.advance(.failed(TransactionFailure(kind: .fatal, error: KafkaError(.producerFenced, "lost"))))
        guard case .close = plan.step else { return #expect(Bool(false), "\(plan.step)") }
        plan.advance(.done)
        guard case .open = plan.step else { return #expect(Bool(false), "\(plan.step)") }
        plan.advance(.done)
        guard case .finish(.unknown(let error)) = plan.step else { return #expect(Bool(false), "\(plan.step)") }
        #expect(error.code == .producerFenced)
    }

    @Test func aRefusalThatNamesNobodyIsTriedAgainOneByOne() {
        var plan = TransactionPlan(hasOffsets: false)
        let refusal = [0: KafkaError(.messageTooLarge, ""), 1: KafkaError(.messageTooLarge, "")]
        plan.advance(.done)
        plan.advance(.done)
        plan.advance(.refused(refusal, isShared: true))
        for _ in ["abort", "close"] { plan.advance(.done) }
        #expect(plan.isOneByOne)
        guard case .open = plan.step else { return #expect(Bool(false), "\(plan.step)") }
        plan.advance(.done)
        plan.advance(.done)
        // Two that were sent one by one were refused on their own.
        plan.advance(.refused(refusal, isShared: true))
        for _ in ["abort", "close"] { plan.advance(.done) }
        guard case .finish(.aborted(let error, let rejected)) = plan.step else { return #expect(Bool(false), "\(plan.step)") }
        #expect(error.code == .messageTooLarge)
        #expect(rejected.keys.sorted() == [0, 1])
    }

    @Test func outagesAreWaitedOutAndOtherFailuresAreTold() {
        for (code, isTold) in [(KafkaError.Code.timedOut, false), (.brokerUnreachable, false), (.notAuthorized, true)] {
            var plan = TransactionPlan(hasOffsets: true)
            for _ in 0..<3 { plan.advance(.done) }
            plan.advance(.failed(TransactionFailure(kind: .abortable, error: KafkaError(code, ""))))
            plan.advance(.done)
            if case .finish = plan.step { #expect(isTold) } else { #expect(!isTold && plan.pause > .zero) }
        }
    }
}
