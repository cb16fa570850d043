import ArgumentParser
import Bulk
import Configuration
import EventLoop
import Foundation
import Kafka
import Logging
import Worker

struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a file of requests to the requests topic.",
        discussion: """
            A line that begins with { is a request envelope or a line of an OpenAI Batch file; any other line is the text of a chat \
            request, and needs --model. A file is checked as a whole before anything is sent; standard input is checked line by line.

            EXAMPLES
              switchyard submit requests.jsonl
              switchyard submit questions.txt --model default
              generate | switchyard submit - --skip-invalid
            """)

    @Argument(help: "The file, or - for standard input.", completion: .file())
    var file: String

    @Option(help: "The model for lines of plain text: an alias of the configuration, or provider/model.")
    var model: String?

    @Option(help: "The topic to send to; the configuration's first requests topic unless given.")
    var topic: String?

    @Flag(help: "Leave malformed lines out, name them, and send the rest.")
    var skipInvalid = false

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        let configuration = try kafka.load()
        let properties = configuration.kafka.bulkProducerProperties
        let adminProperties = configuration.kafka.adminProperties
        let topic = topic ?? configuration.topics.requests[0]
        let logger = Console.logger(level: .error)
        let (file, model, skipInvalid) = (file, model, skipInvalid)

        let total = try await BlockingThread.run { () throws -> Int? in
            guard file != "-" else { return nil }
            var check = InputCheck()
            try check.read(file: file, model: model)
            guard check.refused.isEmpty || skipInvalid else { throw Refusal(check.refused) }
            return check.ids.count
        }
        let group = configuration.kafka.consumerProperties["group.id"] ?? "switchyard"
        let progress = try await BlockingThread.run { () throws -> Submission.Progress in
            let admin = try KafkaAdmin(properties: adminProperties, logger: logger)
            guard let partitions = try admin.partitionCounts(of: [topic], timeout: .seconds(15))[topic] else {
                throw KafkaError(
                    .unknownTopic,
                    "topic \(topic) does not exist at \(properties.brokers); start a worker, which creates it, or create it yourself")
            }
            let isEmbedded = admin.isEmbeddedBroker(timeout: .seconds(5))
            let submission = Submission(
                file: file, topic: topic, model: model, skipsInvalid: skipInvalid, properties: properties,
                backlog: isEmbedded ? .embeddedBroker(group: group, partitions: partitions, properties: adminProperties) : nil,
                logger: logger)
            var display = ProgressDisplay("submit", total: total)
            let progress = try submission.run { progress in
                display.update(progress.sent, note: progress.waitingForLag.map { "waiting for workers, \($0) not done yet" } ?? "")
            }
            display.finish(progress.sent)
            return progress
        }
        for line in progress.refused { Console.note("left out \(line)") }
        Console.say(
            "submitted \(progress.sent) requests to \(topic)"
                + (progress.refused.isEmpty ? "" : ", left out \(progress.refused.count) malformed lines"))
    }
}

/// The malformed lines of a file, of which nothing was sent.
private struct Refusal: Error, CustomStringConvertible {
    let lines: [RefusedLine]

    init(_ lines: [RefusedLine]) {
        self.lines = lines
    }

    var description: String {
        let shown = lines.prefix(20).map(\.description).joined(separator: "\n")
        let more = lines.count > 20 ? "\n… and \(lines.count - 20) more" : ""
        return "\(shown)\(more)\n\(lines.count) malformed lines, nothing was sent; --skip-invalid leaves them out and sends the rest"
    }
}
