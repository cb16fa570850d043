import Providers
import TestSupport
import Testing

@testable import BatchLane

@Suite struct BatchTests {
    private let timing = BatchTiming(gather: 1_000, maxRequests: 10, poll: 1_000, deadline: 60_000)

    private func told(_ state: ProviderBatch.State, results: [String] = []) -> ProviderBatch {
        ProviderBatch(id: "id", state: state, name: nil, created: nil, count: nil, results: results)
    }

    private func ready() -> Batch {
        var batch = Batch(name: "b", queue: "q")
        batch.sealed(size: 3)
        return batch
    }

    private func submitted(at now: Int64) -> Batch {
        var batch = ready()
        batch.willSend(key: 1, now: now)
        batch.created(told(.running), now: now + 10)
        return batch
    }

    @Test func goesFromTheQueueToItsResults() {
        var batch = Batch(name: "b", queue: "q")
        #expect(batch.step(now: 0, isUnwanted: false, timing) == .seal)
        batch.sealed(size: 3)
        #expect(batch.step(now: 0, isUnwanted: false, timing) == .submit)
        batch.willSend(key: 1, now: 0)
        #expect(batch.step(now: 1, isUnwanted: false, timing) == .wait)
        batch.created(told(.running), now: 10)
        #expect(batch.providerID == "id")
        #expect(batch.step(now: 1_009, isUnwanted: false, timing) == .wait)
        #expect(batch.step(now: 1_010, isUnwanted: false, timing) == .look)
        batch.saw(told(.running), now: 1_010)
        #expect(batch.step(now: 1_011, isUnwanted: false, timing) == .wait)
        batch.saw(told(.ended, results: ["/a", "/b"]), now: 5_000)
        #expect(batch.step(now: 5_000, isUnwanted: false, timing) == .collect)
        #expect(batch.phase == .ended(key: 1, at: 0, milliseconds: 5_000, results: ["/a", "/b"], otherwise: .failed))
    }

    @Test func whatMayHaveBeenCreatedIsLookedForAndNeverSentAgainBefore() {
        var batch = ready()
        batch.willSend(key: 0, now: 100)
        for isUnwanted in [false, true] {
            #expect(batch.step(now: 100 + timing.settling - 1, isUnwanted: isUnwanted, timing) == .wait)
            #expect(batch.step(now: 100 + timing.settling, isUnwanted: isUnwanted, timing) == .recover)
            #expect(batch.step(now: .max, isUnwanted: isUnwanted, timing) == .recover)
        }
        batch.wasNotCreated()
        #expect(batch.step(now: 100 + timing.settling, isUnwanted: false, timing) == .submit)
    }

    @Test func anUnwantedBatchIsDissolvedOrCancelledOnce() {
        #expect(ready().step(now: 0, isUnwanted: true, timing) == .dissolve(.cancelled))
        var batch = submitted(at: 0)
        #expect(batch.step(now: 11, isUnwanted: true, timing) == .cancel)
        batch.wasCancelled(told(.running), now: 20)
        #expect(batch.step(now: 21, isUnwanted: true, timing) == .wait)
        #expect(batch.step(now: 1_020, isUnwanted: true, timing) == .look)
        batch.saw(told(.ended), now: 1_020)
        #expect(batch.phase == .ended(key: 1, at: 0, milliseconds: 1_020, results: [], otherwise: .cancelled))
    }

    @Test func aRefusedBatchIsPutOffLongerEachTime() {
        var batch = ready()
        var (now, pauses): (Int64, [Int64]) = (0, [])
        for _ in 0..<12 {
            batch.putOff(now: now, pause: nil, timing)
            guard case .ready(_, let notBefore) = batch.phase else {
                Issue.record("\(batch.phase)")
                return
            }
            pauses.append(notBefore - now)
            #expect(batch.step(now: notBefore - 1, isUnwanted: false, timing) == .wait)
            #expect(batch.step(now: notBefore, isUnwanted: false, timing) == .submit)
            now = notBefore
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64].map { $0 * 1_000 })
        batch.putOff(now: 0, pause: 500_000, timing)
        #expect(batch.step(now: 499_999, isUnwanted: false, timing) == .wait)
    }

    @Test(arguments: [("token_limit_exceeded", BatchEntry.Reason.busy), ("invalid_json_line", .refused), ("", .refused)])
    func whatTheProviderRefusedAsAWholeHasNoResults(_ code: String, _ reason: BatchEntry.Reason) {
        var batch = submitted(at: 0)
        batch.saw(told(.refused(code: code, reason: "")), now: 1)
        #expect(batch.phase == .ended(key: 1, at: 0, milliseconds: 1, results: [], otherwise: reason))
    }

    @Test func aBatchOfWhichNothingCanBeLearnedIsGivenUp() {
        #expect(submitted(at: 0).step(now: BatchTiming.lost - 1, isUnwanted: false, timing) == .look)
        #expect(submitted(at: 0).step(now: BatchTiming.lost, isUnwanted: false, timing) == .dissolve(.failed))
    }

    @Test func knowsItsRequestsByTheirNames() {
        let batch = ready()
        #expect((0..<3).map { batch.requestNumber(batch.requestName($0)) } == [0, 1, 2])
        for name in ["b-3", "b--1", "c-0", "b", "b-", "b-x", "bb-0"] { #expect(batch.requestNumber(name) == nil, "\(name)") }
    }

    @Test func isReadBackAsItWasStored() {
        var random = SeededGenerator.forTest("stored batches")
        for _ in 0..<2_000 {
            func number() -> Int64 { Int64.random(in: 0...(.max), using: &random) }
            let phases: [Batch.Phase] = [
                .gathering, .ready(failures: Int.random(in: 0...9, using: &random), notBefore: number()),
                .sending(key: Int.random(in: 0...9, using: &random), at: number()),
                .submitted(key: 2, id: "batch_\(number())", at: number(), looked: number(), isCancelled: Bool.random(using: &random)),
                .ended(
                    key: 0, at: number(), milliseconds: number(), results: (0..<Int.random(in: 0...2, using: &random)).map { "/r/\($0)" },
                    otherwise: [.expired, .cancelled, .busy, .failed, .refused].randomElement(using: &random) ?? .failed),
            ]
            let batch = Batch(
                name: "n", queue: "usual:chat:1:p:m: x", size: Int.random(in: 0...100_000, using: &random),
                phase: phases.randomElement(using: &random) ?? .gathering)
            #expect(Batch(name: "n", stored: batch.stored) == batch)
            // Whatever is cut off or garbled is no other batch.
            let cut = String(batch.stored.prefix(Int.random(in: 0..<batch.stored.count, using: &random)))
            _ = Batch(name: "n", stored: cut)
        }
        for text in ["", "q", "q\n1", "q\nx\ng", "q\n1\nz", "q\n1\nu\n1\n2", "q\n1\ne\n1\n2\n3\nodd"] {
            #expect(Batch(name: "n", stored: text) == nil, "\(text)")
        }
    }

    /// Against a provider that may lose any answer, and workers that may die at any step: it is never created twice, and its results
    /// are collected in the end.
    @Test func isCreatedOnceWhateverIsLost() {
        var random = SeededGenerator.forTest("batches with faults")
        for round in 0..<5_000 {
            var stored = ready().stored
            var (now, created, collected): (Int64, Int, Bool) = (0, 0, false)
            var endsAt: Int64 = .max
            for _ in 0..<400 where !collected {
                now += Int64.random(in: 0...3_000, using: &random)
                guard var batch = Batch(name: "b", stored: stored) else {
                    Issue.record("round \(round): \(stored)")
                    return
                }
                let isLost = Int.random(in: 0..<4, using: &random) == 0
                switch batch.step(now: now, isUnwanted: false, timing) {
                case .submit:
                    batch.willSend(key: 0, now: now)
                    stored = batch.stored
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: break
                    case 1:
                        batch.putOff(now: now, pause: nil, timing)
                        stored = batch.stored
                    default:
                        created += 1
                        endsAt = now + 5_000
                        batch.created(told(.running), now: now)
                        if !isLost { stored = batch.stored }
                    }
                case .recover:
                    if created > 0 { batch.created(told(.running), now: now) } else { batch.wasNotCreated() }
                    if !isLost { stored = batch.stored }
                case .look:
                    if isLost { batch.wasNotSeen(now: now) } else { batch.saw(told(now >= endsAt ? .ended : .running), now: now) }
                    stored = batch.stored
                case .collect: collected = true
                case .wait: break
                case .seal, .cancel, .dissolve: Issue.record("round \(round): \(batch)")
                }
            }
            #expect(created == 1, "round \(round)")
            #expect(collected, "round \(round)")
        }
    }
}
