internal import Envelope
internal import EventLoop
internal import Kafka
internal import Logging

/// Writes what comes of requests to the topics of one loop's producer. What must not be lost is sent until the broker has it: only a
/// cancelled task gives up.
final class Publisher {
    /// How much of a message that no broker takes whole is kept in its dead letter.
    private static let truncatedBytes = 65_536

    private let producer: Producer
    private let loop: EventLoop
    private let topics: PublisherTopics
    private let logger: Logger

    init(producer: Producer, loop: EventLoop, topics: PublisherTopics, logger: Logger) {
        self.producer = producer
        self.loop = loop
        self.topics = topics
        self.logger = logger
    }

    /// Publishes a response, keyed by the request's id.
    ///
    /// - Returns: never `refused`: where the request's own topic does not take it, the usual one does.
    func respond(
        _ response: ResponseEnvelope, id: String, topic: String?, trace: UnsafeRawBufferPointer?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Delivery {
        var writer = ByteWriter(capacity: 2_048)
        response.write(into: &writer)
        let key = Array(id.utf8)
        let status = response.status
        let value = writer.bytes
        func send(to topic: String, atMost tries: Int?) async -> Delivery {
            await deliver(topic: topic, key: key, value: value, atMost: tries) { headers in
                headers.add("content-type", "application/json")
                headers.add("switchyard-status", status)
                if let trace { headers.add("traceparent", trace) }
            }
        }
        if let topic, topic != topics.responses {
            // A topic that is gone, or not ours to write to, must not keep the request for ever.
            let delivery = await send(to: topic, atMost: 3)
            guard delivery == .refused else { return delivery }
            logger.error("\(topic) does not take responses, they go to \(topics.responses) instead")
        }
        return await send(to: topics.responses, atMost: nil)
    }

    /// Publishes a message that is no acceptable request, with its own key, value and headers and the reason.
    ///
    /// - Returns: false if the task was cancelled.
    func deadLetter(_ message: KafkaMessage, _ reason: DeadLetterHeaders, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        var reason = reason
        var value = message.value
        var isWhole = true
        while true {
            let headers = reason.headers
            let key = isWhole ? message.key.map { Array($0) } : nil
            let delivery = await deliver(topic: topics.deadLetters, key: key, value: value, atMost: nil) { list in
                for (name, value) in isWhole ? message.headers : [] { list.add(name, value) }
                for header in headers { list.add(header.name, header.value) }
            }
            switch delivery {
            case .sent: return true
            case .gaveUp, .refused: return false
            case .tooLarge where !reason.isTruncated:
                reason.isTruncated = true
                value = value.map { UnsafeRawBufferPointer(rebasing: $0.prefix(Self.truncatedBytes)) }
            case .tooLarge where isWhole:
                isWhole = false
            case .tooLarge:
                let place = "\(reason.topic)/\(reason.partition)/\(reason.offset)"
                logger.error("\(topics.deadLetters) does not take even the reason why \(place) was refused; raise its max.message.bytes")
                return true
            }
        }
    }

    /// Publishes an event, if there is a topic for them, without waiting.
    func post(_ event: EventEnvelope, id: String?) {
        guard let topic = topics.events else { return }
        var writer = ByteWriter(capacity: 512)
        event.write(into: &writer)
        var headers = KafkaHeaders()
        headers.add("content-type", "application/json")
        let (pointer, count) = writer.take()
        producer.post(topic: topic, key: id.map { Array($0.utf8) }, value: pointer, count: count, headers: headers)
    }

    /// Lets cancelled tasks go on that wait for the broker.
    func abandon() {
        producer.abandon()
    }

    /// Waits until the events too are with the broker, at most for some seconds.
    func close(isolation: isolated (any Actor)? = #isolation) async {
        await producer.flush(timeout: .seconds(5))
    }

    /// - Parameter tries: how often a topic may say no; nil for ever.
    private func deliver(
        topic: String, key: [UInt8]?, value: UnsafeRawBufferPointer?, atMost tries: Int?, isolation: isolated (any Actor)? = #isolation,
        _ fillHeaders: (inout KafkaHeaders) -> Void
    ) async -> Delivery {
        var failures = 0
        while true {
            do {
                try await producer.send(topic: topic, key: key, value: value, fillHeaders: fillHeaders)
                return .sent
            } catch {
                switch error.code {
                case .cancelled: return .gaveUp
                case .messageTooLarge: return .tooLarge
                default:
                    failures += 1
                    if failures == tries { return .refused }
                    logger.error("\(error); trying again")
                }
            }
            guard await pause() else { return .gaveUp }
        }
    }

    private func pause(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        (try? await loop.sleep(for: .seconds(1))) != nil
    }
}

/// Where a publisher writes.
struct PublisherTopics: Sendable {
    let responses: String
    /// Nil for none.
    let events: String?
    let deadLetters: String
}

enum Delivery: Hashable, Sendable {
    case sent
    case tooLarge
    /// The topic does not exist or is not ours to write to.
    case refused
    /// The task was cancelled.
    case gaveUp
}
