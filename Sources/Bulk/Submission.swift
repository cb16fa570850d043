package import Kafka
package import Logging

/// Sends the requests of a file to a topic. Blocks: use it on a `BlockingThread`.
package struct Submission {
    package struct Progress: Sendable {
        package var sent = 0
        package var refused: [RefusedLine] = []
        /// How many messages the worker's group has yet to commit, when sending waits for it; nil otherwise.
        package var waitingForLag: Int64?
    }

    package let file: String
    package let topic: String
    package let model: String?
    package let skipsInvalid: Bool
    package let properties: KafkaProperties
    package let backlog: BacklogLimit?
    package let logger: Logger

    package init(
        file: String, topic: String, model: String?, skipsInvalid: Bool, properties: KafkaProperties, backlog: BacklogLimit?, logger: Logger
    ) {
        self.file = file
        self.topic = topic
        self.model = model
        self.skipsInvalid = skipsInvalid
        self.properties = properties
        self.backlog = backlog
        self.logger = logger
    }

    /// Sends line after line, each keyed by its id, and returns when the broker has acknowledged all.
    ///
    /// - Parameter report: called after each line with how far it has come.
    /// - Throws: `BulkError` for a malformed line unless those are to be skipped; `KafkaError` if Kafka does not take a message.
    package func run(report: (Progress) -> Void) throws -> Progress {
        var progress = Progress()
        var check = InputCheck()
        let producer = try BulkProducer(properties: properties, logger: logger)
        var gate = try backlog.map { try BacklogGate($0, topic: topic, logger: logger) }
        var reader = try LineReader(path: file)
        while let line = try reader.next() {
            let accepted: InputRequest?
            do throws(RefusedLine) {
                accepted = try check.accept(line, file: file, number: reader.lineNumber, model: model)
            } catch {
                guard skipsInvalid else {
                    try producer.flush(timeout: .seconds(60))
                    throw BulkError(
                        "\(error)\n\(progress.sent) requests before it were sent; --skip-invalid leaves such lines out and goes on")
                }
                progress.refused.append(error)
                continue
            }
            guard let request = accepted else { continue }
            try send(request, line: line, by: producer)
            progress.sent += 1
            if gate != nil {
                try gate?.pass(line.count, by: producer) { lag in
                    progress.waitingForLag = lag
                    report(progress)
                }
                progress.waitingForLag = nil
            }
            report(progress)
        }
        try producer.flush(timeout: .seconds(300))
        return progress
    }

    private func send(_ request: borrowing InputRequest, line: UnsafeRawBufferPointer, by producer: BulkProducer) throws(KafkaError) {
        let key = Array(request.id.utf8)
        try request.withPayload(of: line) { (payload: UnsafeRawBufferPointer) throws(KafkaError) in
            try producer.produce(topic: topic, key: key, value: payload)
        }
    }
}
