internal import BatchLane
internal import Coordination
internal import Envelope
internal import EventLoop
internal import Providers
internal import Routing

/// Requests that ask for `service_tier: batch`.
extension RequestHandler {
    enum BatchCourse {
        /// The visit is over.
        case done(Completion)
        case settled(Reply)
        /// To be asked the ordinary way.
        case ordinary(RequestPast)
    }

    /// Looks how far a request has come in the batch lane, and has it look again later where that is not the end.
    func visitBatch(
        _ accepted: Accepted, _ visit: Visit, _ slot: CallSlot, by batches: BatchTier, past: RequestPast,
        isolation: isolated (any Actor)? = #isolation
    ) async -> BatchCourse {
        var past = past
        while true {
            let outcome = await batches.visit(
                accepted.request, bytes: accepted.bytes, by: accepted.deployment, named: visit.batchName, past: past)
            switch outcome {
            case .settled(let reply): return .settled(reply)
            case .ordinary(let past): return .ordinary(past)
            case .postponed(let attempts, let delay):
                if let isDone = await postpone(accepted, visit, attempts, by: delay) { return .done(Completion(isDone: isDone)) }
                // No retry topic takes it: it waits here.
                past = RequestPast(attempts: attempts, began: past.began ?? WallClock.milliseconds - Int64(visit.age))
                slot.giveBack()
                let isOver = await batches.pause(delay)
                await slot.takeAgain()
                guard isOver else { return .done(Completion(isDone: false)) }
            }
        }
    }
}

extension Visit {
    /// The request's name in the batch lane. What comes back from the dead letters is asked anew.
    var batchName: String { "\(copy.root)#\(lineage?.replays ?? 0)" }
}

extension RequestRules {
    /// - Throws: `EnvelopeError` if a request asks for a batch and cannot have one.
    func checkBatch(_ request: RequestEnvelope, in bytes: UnsafeRawBufferPointer, by deployment: Deployment) throws(EnvelopeError) {
        guard BatchTier.isWanted(request, in: bytes), let reason = batchRefusal ?? BatchTier.refusal(request, by: deployment) else {
            return
        }
        throw EnvelopeError(code: .unsupported, message: "service_tier batch: \(reason)")
    }
}
