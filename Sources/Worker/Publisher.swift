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
    /// - Returns: `sent`; `tooLarge` if the broker takes no message of that size; `gaveUp` if the task was cancelled.
    func respond(
        _ response: ResponseEnvelope, id: String, topic: String?, trace: UnsafeRawBufferPointer?,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Delivery {
        var writer = ByteWriter(capacity: 2_048)
        response.write(into: &writer)
        let key = Array(id.utf8)
        let status = response.status
        let value = writer.bytes
        return await deliver(topic: topic ?? topics.responses, key: key, value: value) { headers in
            headers.add("content-type", "application/json")
            headers.add("switchyard-status", status)
            if let trace { headers.add("traceparent", trace) }
        }
    }

    /// Publishes a message that is no acceptable request, with its own key, value and headers and the reason.
    ///
    /// - Returns: false if the task was cancelled.
    func deadLetter(_ message: KafkaMessage, _ reason: DeadLetterHeaders, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        var reason = reason
        var value = message.value
        while true {
            let headers = reason.headers
            let delivery = await deliver(topic: topics.deadLetters, key: message.key.map { Array($0) }, value: value) { list in
                for (name, value) in message.headers { list.add(name, value) }
                for header in headers { list.add(header.name, header.value) }
            }
            switch delivery {
            case .sent: return true
            case .gaveUp: return false
            case .tooLarge where reason.isTruncated:
                logger.error("\(topics.deadLetters) does not take even a truncated dead letter; raise its max.message.bytes")
                guard await pause() else { return false }
            case .tooLarge:
                reason.isTruncated = true
                value = value.map { UnsafeRawBufferPointer(rebasing: $0.prefix(Self.truncatedBytes)) }
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

    private func deliver(
        topic: String, key: [UInt8]?, value: UnsafeRawBufferPointer?, isolation: isolated (any Actor)? = #isolation,
        _ fillHeaders: (inout KafkaHeaders) -> Void
    ) async -> Delivery {
        while true {
            do {
                try await producer.send(topic: topic, key: key, value: value, fillHeaders: fillHeaders)
                return .sent
            } catch {
                switch error.code {
                case .cancelled: return .gaveUp
                case .messageTooLarge: return .tooLarge
                default: logger.error("\(error); trying again")
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
    case sent, tooLarge, gaveUp
}
