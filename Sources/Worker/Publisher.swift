internal import Envelope
internal import EventLoop
internal import Kafka
internal import Logging

/// Writes what comes of requests to their topics. What must not be lost is sent until the broker has it: only a cancelled task gives
/// up. Confined to one loop.
final class Publisher {
    /// How messages get to the brokers.
    enum Way {
        /// One by one.
        case direct(Producer)
        /// In transactions, with the offsets of the requests they belong to.
        case transactional(Transactions)
    }

    private let way: Way
    /// For what goes into no transaction; made when it is first needed.
    private let makeProducer: () throws -> Producer
    private var ownProducer: Producer?
    private let loop: EventLoop
    private let logger: Logger

    /// - Parameter makeProducer: makes a producer without transactions; called at most once, and not if `way` has one.
    init(way: Way, loop: EventLoop, logger: Logger, makeProducer: @escaping () throws -> Producer) {
        self.way = way
        self.makeProducer = makeProducer
        self.loop = loop
        self.logger = logger
    }

    /// Publishes what comes of one request.
    ///
    /// - Parameter batch: notes which messages the brokers have; those are left out when it is published again.
    func publish(_ batch: inout [Outgoing], of visit: Visit, isolation: isolated (any Actor)? = #isolation) async -> Delivery {
        switch way {
        case .direct(let producer):
            for index in batch.indices where !batch[index].isSent && batch[index].role != .event {
                switch await deliver(&batch[index], by: producer) {
                case .sent: batch[index].isSent = true
                case .tooLarge: return .tooLarge(index)
                case .gaveUp: return .gaveUp
                }
            }
            for message in batch where message.role == .event { post(message, by: producer) }
            return .sent
        case .transactional(let transactions):
            while true {
                switch await transactions.publish(batch, of: visit) {
                case .sent: return .sent
                case .gaveUp: return .gaveUp
                case .tooLarge(let index) where batch[index].role == .event: batch.remove(at: index)
                case .tooLarge(let index): return .tooLarge(index)
                case .refused(let index, let error):
                    guard divert(&batch[index], error) else {
                        logger.error("\(error); trying again")
                        guard await pause() else { return .gaveUp }
                        continue
                    }
                }
            }
        }
    }

    // MARK: Outside of transactions

    /// Publishes a piece of an answer, or an event that belongs to no request, and does not wait.
    ///
    /// - Returns: false if Kafka's client does not take it.
    func post(_ message: consuming ByteWriter, key: [UInt8]?, topic: String) -> Bool {
        guard let producer = plainProducer else { return false }
        var headers = KafkaHeaders()
        headers.add(Outgoing.contentType.name, Outgoing.contentType.value)
        let (pointer, count) = message.take()
        return producer.post(topic: topic, key: key, value: pointer, count: count, headers: headers)
    }

    /// Publishes the last piece of an answer. If Kafka finds it too large, the answer goes without.
    ///
    /// - Returns: false if the task was cancelled.
    func deliver(
        _ message: WrittenBytes, key: [UInt8]?, topic: String, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        guard let producer = plainProducer else { return true }
        var outgoing = Outgoing(
            role: .chunk, topic: topic, key: key, value: message.bytes, owner: message, headers: [Outgoing.contentType])
        switch await deliver(&outgoing, by: producer) {
        case .sent: return true
        case .gaveUp: return false
        case .tooLarge:
            logger.error("\(topic) does not take the last piece of an answer; raise its max.message.bytes")
            return true
        }
    }

    private var plainProducer: Producer? {
        if case .direct(let producer) = way { return producer }
        if let ownProducer { return ownProducer }
        do {
            ownProducer = try makeProducer()
        } catch {
            logger.error("no producer for pieces of answers: \(error)")
        }
        return ownProducer
    }

    /// Lets cancelled tasks go on that wait for the broker.
    func abandon() {
        ownProducer?.abandon()
        switch way {
        case .direct(let producer): producer.abandon()
        case .transactional(let transactions): transactions.abandon()
        }
    }

    /// Waits until the events too are with the broker, at most for some seconds.
    func close(isolation: isolated (any Actor)? = #isolation) async {
        switch way {
        case .direct(let producer): await producer.flush(timeout: .seconds(5))
        // Their events are with them.
        case .transactional: await ownProducer?.flush(timeout: .seconds(5))
        }
    }

    // MARK: Directly

    private enum Outcome { case sent, tooLarge, gaveUp }

    private func deliver(
        _ message: inout Outgoing, by producer: Producer, isolation: isolated (any Actor)? = #isolation
    ) async -> Outcome {
        var failures = 0
        while true {
            do {
                let headers = message.headers
                try await producer.send(topic: message.topic, key: message.key, value: message.value) { list in
                    for header in headers { list.add(header.name, header.value) }
                }
                return .sent
            } catch {
                switch error.code {
                case .cancelled: return .gaveUp
                case .messageTooLarge: return .tooLarge
                default:
                    failures += 1
                    // A topic that is gone, or not ours to write to, must not keep the request for ever.
                    if failures < 3 || !divert(&message, error) { logger.error("\(error); trying again") }
                }
            }
            guard await pause() else { return .gaveUp }
        }
    }

    private func post(_ message: Outgoing, by producer: Producer) {
        guard let value = message.value else { return }
        var headers = KafkaHeaders()
        for header in message.headers { headers.add(header.name, header.value) }
        var writer = ByteWriter(capacity: value.count)
        writer.append(value)
        let (pointer, count) = writer.take()
        producer.post(topic: message.topic, key: message.key, value: pointer, count: count, headers: headers)
    }

    private func divert(_ message: inout Outgoing, _ error: KafkaError) -> Bool {
        guard let other = message.fallbackTopic else { return false }
        logger.error("\(error); the response goes to \(other) instead")
        message.topic = other
        message.fallbackTopic = nil
        return true
    }

    private func pause(isolation: isolated (any Actor)? = #isolation) async -> Bool {
        (try? await loop.sleep(for: .seconds(1))) != nil
    }
}

enum Delivery: Hashable, Sendable {
    case sent
    /// The message at that index; what comes before it may have been sent.
    case tooLarge(Int)
    /// The task was cancelled, or the partition is another's.
    case gaveUp
}
