internal import Envelope
internal import Foundation
package import Kafka
package import Logging

/// Gathers the responses to submitted requests into a file. Blocks: use it on a `BlockingThread`.
package struct Collection {
    package enum Format: String, CaseIterable, Sendable {
        case switchyard
        case openAIBatch = "openai-batch"
    }

    package struct Job: Sendable {
        /// The ids to wait for, in the order of the input.
        package let ids: [String]
        package let topics: [String]
        package let output: String
        package let isInOrder: Bool
        package let format: Format
        /// How long to wait for the next response before giving up; nil waits for ever.
        package let timeout: Duration?

        package init(ids: [String], topics: [String], output: String, isInOrder: Bool, format: Format, timeout: Duration?) {
            self.ids = ids
            self.topics = topics
            self.output = output
            self.isInOrder = isInOrder
            self.format = format
            self.timeout = timeout
        }
    }

    private let job: Job
    private let properties: KafkaProperties
    private let logger: Logger

    package init(_ job: Job, properties: KafkaProperties, logger: Logger) {
        self.job = job
        self.properties = properties
        self.logger = logger
    }

    /// Reads until every id has its response or none has come for as long as the timeout says, then writes the output.
    ///
    /// Killed before that, it goes on where it stopped when it is run again.
    ///
    /// - Parameter report: called with the counts from time to time.
    /// - Returns: the counts; ids without a response are `missing`, and the spool is then kept for the next run.
    /// - Throws: `BulkError` or `KafkaError`.
    package func run(report: (ResultSummary) -> Void) throws -> ResultSummary {
        let spool = try ResultSpool(output: job.output)
        var wanted = Set(job.ids)
        var summary = ResultSummary(requests: wanted.count)
        for (id, entry) in spool.entries where wanted.remove(id) != nil {
            try spool.withResponse(entry) { if let view = try? ResponseView($0) { summary.count(view) } }
        }
        var positions = try startingPositions(spool)
        let reader = try TopicReader(properties: properties, positions: positions, logger: logger)
        let clock = ContinuousClock()
        var lastResponse = clock.now
        while !wanted.isEmpty {
            let messages = try reader.read(timeout: .milliseconds(200))
            for message in messages {
                positions[TopicPartition(topic: message.topic, partition: message.partition)] = message.offset + 1
                guard let value = message.value, let view = try? ResponseView(value) else { continue }
                if wanted.remove(view.id) != nil {
                    spool.append(view.id, value, timestamp: message.timestamp.milliseconds)
                    summary.count(view)
                    lastResponse = clock.now
                } else if spool.entries[view.id] != nil {
                    summary.countDouble()
                }
            }
            if !messages.isEmpty { try spool.save(positions) }
            report(summary)
            if let timeout = job.timeout, clock.now - lastResponse > timeout { break }
        }
        try spool.save(positions)
        try writeOutput(spool)
        if wanted.isEmpty { spool.remove() }
        return summary
    }

    private func startingPositions(_ spool: ResultSpool) throws(KafkaError) -> [TopicPartition: Int64] {
        let admin = try KafkaAdmin(properties: properties, logger: logger)
        var positions: [TopicPartition: Int64] = [:]
        for (topic, count) in try admin.partitionCounts(of: job.topics, timeout: .seconds(15)) {
            for number in 0..<Int32(count) {
                let partition = TopicPartition(topic: topic, partition: number)
                if let known = spool.positions[partition] {
                    positions[partition] = known
                } else {
                    positions[partition] = try admin.watermarks(topic: topic, partition: number, timeout: .seconds(15)).low
                }
            }
        }
        guard !positions.isEmpty else {
            throw KafkaError(.unknownTopic, "topic \(job.topics.joined(separator: ", ")) does not exist at \(properties.brokers)")
        }
        return positions
    }

    private func writeOutput(_ spool: ResultSpool) throws(BulkError) {
        let ids = job.isInOrder ? job.ids : spool.entries.sorted { $0.value.start < $1.value.start }.map(\.key)
        let temporary = job.output + ".tmp"
        guard let file = fopen(temporary, "w") else { throw BulkError("cannot write \(temporary): \(String(cString: strerror(errno)))") }
        var isComplete = true
        for id in ids {
            guard let entry = spool.entries[id] else { continue }
            try spool.withResponse(entry) { response in
                if !write(response, entry, to: file) { isComplete = false }
            }
        }
        guard fclose(file) == 0, isComplete, rename(temporary, job.output) == 0 else {
            throw BulkError("cannot write \(job.output): \(String(cString: strerror(errno)))")
        }
    }

    private func write(_ response: UnsafeRawBufferPointer, _ entry: ResultSpool.Entry, to file: UnsafeMutablePointer<FILE>) -> Bool {
        var writer = ByteWriter(capacity: response.count + 256)
        switch job.format {
        case .switchyard: writer.append(response)
        case .openAIBatch:
            guard let view = try? ResponseView(response) else { return false }
            BatchOutput.write(view, response, created: entry.timestamp / 1_000, into: &writer)
        }
        writer.append(UInt8(ascii: "\n"))
        return fwrite(writer.bytes.baseAddress, 1, writer.count, file) == writer.count
    }
}
