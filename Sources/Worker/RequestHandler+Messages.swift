internal import Envelope
internal import EventLoop
internal import Kafka
internal import Logging
internal import Providers
internal import Routing

/// What is published of a request.
extension RequestHandler {
    /// Publishes what must get through, each message as large as Kafka takes it.
    ///
    /// - Parameter response: the response in few bytes.
    func deliver(
        _ batch: inout [Outgoing], of visit: Visit, response: (() -> Report)?, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        var smaller = response
        while true {
            switch await publisher.publish(&batch, of: visit) {
            case .sent: return true
            case .gaveUp: return false
            case .tooLarge(let index):
                if batch[index].role == .response, let report = smaller?() {
                    (batch[index].value, batch[index].owner) = (report.response, report.owner)
                    smaller = nil
                } else if batch[index].role != .deadLetter || !batch[index].truncateLetter() {
                    logger.error(
                        "\(batch[index].topic) does not take even a short message; raise its max.message.bytes",
                        metadata: ["request": "\(visit.origin.place)"])
                    batch.remove(at: index)
                }
            }
        }
    }

    func report(
        _ outcome: ResponseEnvelope.Outcome, _ accepted: Accepted, _ visit: Visit, _ reply: Reply?, claimCheck: ClaimCheck? = nil,
        echoesMetadata: Bool = true
    ) -> Report {
        let request = accepted.request
        var response = ResponseEnvelope(
            id: accepted.bytes[request.idRange], type: request.type, outcome: outcome, attempts: reply?.attempts ?? [],
            timings: visit.timings(reply), metadata: echoesMetadata ? request.metadata.map { accepted.bytes[$0] } : nil)
        response.claimCheck = claimCheck
        guard rules.topics.events != nil else { return Report(response, nil) }
        var event = EventEnvelope(
            kind: .completed, id: response.id, time: WallClock.milliseconds, worker: rules.worker, tenant: request.tenant,
            type: request.type, provider: accepted.deployment.endpoint.name, model: accepted.deployment.model, timings: response.timings,
            attempts: response.attempts.count)
        switch outcome {
        case .success(let success): (event.usage, event.cost, event.cache) = (success.usage, success.cost, success.cache)
        case .failure(let code, _, _): (event.kind, event.error) = (.failed, code)
        }
        return Report(response, event)
    }

    func withoutMetadata(_ accepted: Accepted, _ visit: Visit, _ error: ProviderError) -> Report {
        report(
            .failure(code: error.code, message: error.message, retryable: error.retryable), accepted, visit, nil, echoesMetadata: false)
    }

    func messages(_ report: Report, _ id: String, isOK: Bool, replyTo: String?, _ visit: Visit) -> [Outgoing] {
        let responses = rules.topics.responses
        let topic = replyTo ?? responses
        var messages = [
            Outgoing.response(
                report.response, owner: report.owner, id: id, isOK: isOK, topic: topic, fallbackTopic: topic == responses ? nil : responses,
                trace: visit.trace)
        ]
        if let event = report.event, let topic = rules.topics.events {
            messages.append(.event(event, owner: report.owner, id: id, topic: topic))
        }
        return messages
    }

    func letter(_ visit: Visit, _ code: ErrorCode, _ message: String, _ attempts: Int) -> Outgoing {
        let origin = visit.origin
        // Who set the timestamp of the first of several copies is not told to the later ones.
        let type = visit.lineage == nil ? visit.message.timestamp.type.rawValue : DeadLetterHeaders.TimestampType.createTime.rawValue
        let reason = DeadLetterHeaders(
            topic: origin.topic, partition: origin.partition, offset: origin.offset, timestamp: origin.timestamp,
            timestampType: DeadLetterHeaders.TimestampType(rawValue: type) ?? .none, consumerGroup: rules.consumerGroup, code: code,
            message: message, worker: rules.worker, attempts: attempts)
        return .deadLetter(visit.message, reason, topic: rules.topics.deadLetters)
    }
}
