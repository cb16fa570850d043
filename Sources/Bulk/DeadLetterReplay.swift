internal import Envelope
package import Kafka
package import Logging

/// Sends dead letters to where they came from. Blocks: use it on a `BlockingThread`.
package struct DeadLetterReplay {
    package struct Failure: Sendable {
        package let place: DeadLetterPlace
        package let error: KafkaError
    }

    package struct Progress: Sendable {
        /// How many letters the brokers have again.
        package var sent = 0
        package var failures: [Failure] = []
        /// The partitions of which it is not remembered what was replayed.
        package var forgotten: Set<TopicPartition> = []
    }

    /// How many letters may be sent before it is remembered.
    private static let batch = 1_000

    private let letters: DeadLetterTopic
    private let target: String?
    private let properties: KafkaProperties
    private let logger: Logger

    /// - Parameters:
    ///   - target: the topic to send to; nil for the one that each request was first sent to.
    ///   - properties: those of a producer.
    package init(of letters: DeadLetterTopic, to target: String?, properties: KafkaProperties, logger: Logger) {
        self.letters = letters
        self.target = target
        self.properties = properties
        self.logger = logger
    }

    /// Looks through the letters for those to send.
    ///
    /// - Parameter limit: the most to send; nil for all.
    /// - Throws: `KafkaError`.
    package func plan(_ filter: DeadLetterFilter, _ rules: DeadLetterReplayPlan.Rules, limit: Int?) throws -> DeadLetterReplayPlan {
        var plan = DeadLetterReplayPlan(rules: rules, memory: try letters.memory())
        // All are read, for what is remembered of a partition has no gaps.
        try letters.read { letter, message in
            plan.add(letter, isMeant: filter.matches(letter, value: message.value))
            return true
        }
        plan.finish(limit: limit)
        return plan
    }

    /// Sends the letters of a plan, waits until the brokers have them, and remembers it.
    ///
    /// - Parameter report: called with how far it has come.
    /// - Throws: `KafkaError` if it cannot go on; what was sent until then is remembered.
    package func run(_ plan: DeadLetterReplayPlan, report: (Progress) -> Void) throws -> Progress {
        var plan = plan
        var progress = Progress()
        var waiting = Set(plan.chosen.map(\.place))
        let producer = try BulkProducer(properties: properties, logger: logger)
        var sent: [DeadLetterPlace] = []
        let reading = Result {
            try letters.read(ranges(of: waiting)) { letter, message in
                guard waiting.remove(letter.place) != nil else { return true }
                do throws(KafkaError) {
                    try send(letter, message, by: producer, ticket: sent.count + 1)
                    sent.append(letter.place)
                } catch {
                    progress.failures.append(Failure(place: letter.place, error: error))
                }
                if sent.count >= Self.batch { try settle(&sent, producer, &plan, &progress) }
                report(progress)
                return !waiting.isEmpty
            }
        }
        try settle(&sent, producer, &plan, &progress)
        try reading.get()
        for place in waiting {
            progress.failures.append(Failure(place: place, error: KafkaError(.other("gone"), "the letter has been deleted meanwhile")))
        }
        return progress
    }

    private func ranges(of places: Set<DeadLetterPlace>) -> [TopicPartition: Range<Int64>] {
        var ranges: [TopicPartition: Range<Int64>] = [:]
        for place in places {
            let known = ranges[place.partition] ?? place.offset..<place.offset + 1
            ranges[place.partition] = min(known.lowerBound, place.offset)..<max(known.upperBound, place.offset + 1)
        }
        return ranges
    }

    private func send(_ letter: DeadLetter, _ message: KafkaMessage, by producer: BulkProducer, ticket: Int) throws(KafkaError) {
        guard let history = letter.history else { return }
        var headers = KafkaHeaders()
        for (name, value) in message.headers where !DeadLetterHeaders.owns(name) && !Lineage.owns(name) { headers.add(name, value) }
        for header in history.replayed().headers { headers.add(header.name, header.value) }
        try producer.produce(
            topic: target ?? history.origin.topic, key: letter.key, value: message.value ?? UnsafeRawBufferPointer(start: nil, count: 0),
            headers: headers, ticket: ticket)
    }

    /// Waits for the brokers to acknowledge what was sent, and commits what they have.
    private func settle(
        _ sent: inout [DeadLetterPlace], _ producer: BulkProducer, _ plan: inout DeadLetterReplayPlan, _ progress: inout Progress
    ) throws(KafkaError) {
        let result: Result<Void, KafkaError>
        do throws(KafkaError) {
            try producer.flush(timeout: .seconds(300))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        var done: [DeadLetterPlace] = []
        for report in producer.takeReports() {
            let place = sent[report.ticket - 1]
            if let error = report.error { progress.failures.append(Failure(place: place, error: error)) } else { done.append(place) }
        }
        sent.removeAll()
        progress.sent += done.count
        let (commits, overfull) = plan.complete(done)
        progress.forgotten.formUnion(overfull)
        try letters.remember(commits)
        try result.get()
    }
}
