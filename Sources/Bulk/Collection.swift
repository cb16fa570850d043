internal import Envelope
internal import Foundation
package import Kafka
package import Logging
internal import Security

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

    /// Whether an earlier run has left something for an output file, to go on from.
    package static func isResumable(_ output: String) -> Bool {
        ResultSpool.exists(for: output)
    }

    /// Reads until every id has its response or none has come for as long as the timeout says, then writes the output.
    ///
    /// Killed before that, it goes on where it stopped when it is run again.
    ///
    /// - Parameter report: called with the counts from time to time.
    /// - Returns: the counts; ids without a response are `missing`, and the spool is then kept for the next run.
    /// - Throws: `BulkError` or `KafkaError`.
    package func run(report: (ResultSummary) -> Void) throws -> ResultSummary {
        let admin = try KafkaAdmin(properties: properties, logger: logger)
        let spool = try ResultSpool(output: job.output, job: fingerprint(admin))
        var wanted = Set(job.ids)
        /// Ids whose request has failed, for one that was sent again may have succeeded.
        var failed: Set<String> = []
        var summary = ResultSummary(requests: wanted.count)
        for (id, entry) in spool.entries where wanted.remove(id) != nil {
            try spool.withResponse(entry) { response in
                guard let view = try? ResponseView(response) else { return }
                summary.count(view)
                if !view.isOK { failed.insert(id) }
            }
        }
        var positions = try startingPositions(spool, admin)
        var end: [TopicPartition: Int64]?
        let reader = try TopicReader(properties: properties, positions: positions, logger: logger)
        let clock = ContinuousClock()
        var lastResponse = clock.now
        while true {
            if wanted.isEmpty {
                // All are answered; what stands in the topics by now may still replace a failure.
                if failed.isEmpty { break }
                let known = try end ?? watermarks(positions.keys, admin)
                end = known
                if known.allSatisfy({ (positions[$0.key] ?? 0) >= $0.value }) { break }
            }
            let messages = try reader.read(timeout: .milliseconds(200))
            for message in messages {
                positions[TopicPartition(topic: message.topic, partition: message.partition)] = message.offset + 1
                guard let value = message.value, let view = try? ResponseView(value) else { continue }
                if wanted.remove(view.id) != nil {
                    spool.append(view.id, value, timestamp: message.timestamp.milliseconds)
                    summary.count(view)
                    if !view.isOK { failed.insert(view.id) }
                    lastResponse = clock.now
                } else if view.isOK, failed.remove(view.id) != nil {
                    spool.append(view.id, value, timestamp: message.timestamp.milliseconds)
                    summary.countRepair(view)
                    lastResponse = clock.now
                } else if spool.entries[view.id] != nil {
                    summary.countDouble()
                }
            }
            if !messages.isEmpty { try spool.save(positions) }
            report(summary)
            if let timeout = job.timeout, clock.now - lastResponse > timeout { break }
            if wanted.isEmpty, clock.now - lastResponse > .seconds(10) { break }
        }
        try spool.save(positions)
        try writeOutput(spool)
        if wanted.isEmpty { spool.remove() }
        return summary
    }

    /// What tells this job from others: its ids, and where it reads.
    private func fingerprint(_ admin: KafkaAdmin) -> String {
        let text = job.ids.joined(separator: "\n") + "\n" + job.topics.joined(separator: ",") + admin.clusterID(timeout: .seconds(15))
        return Array(text.utf8).withUnsafeBytes { Digest.sha256($0) }
    }

    private func watermarks(
        _ partitions: some Sequence<TopicPartition>, _ admin: KafkaAdmin
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        var ends: [TopicPartition: Int64] = [:]
        for partition in partitions {
            ends[partition] = try admin.watermarks(topic: partition.topic, partition: partition.partition, timeout: .seconds(15)).high
        }
        return ends
    }

    private func startingPositions(_ spool: ResultSpool, _ admin: KafkaAdmin) throws(KafkaError) -> [TopicPartition: Int64] {
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
