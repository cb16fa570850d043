import ArgumentParser
import Bulk
import Configuration
import EventLoop
import Foundation
import Kafka
import Logging
import Worker

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the responses to a submitted file's requests into a file.",
        discussion: """
            Ends when every id of the submitted file has its response, or when none has come for --timeout seconds. Interrupted, it \
            goes on where it stopped when it is run again with the same output file.

            EXAMPLES
              switchyard collect --submitted requests.jsonl -o responses.jsonl --in-order
              switchyard collect --submitted batch.jsonl -o output.jsonl --format openai-batch
            """)

    @Option(help: "The file that was submitted: its ids are waited for.", completion: .file())
    var submitted: String

    @Option(name: .shortAndLong, help: "Where to write the responses, one a line.", completion: .file())
    var output: String

    @Flag(help: "Replace the output file if there is one already.")
    var force = false

    @Flag(help: "Write the responses in the order of the submitted file instead of that of their arrival.")
    var inOrder = false

    @Option(help: "switchyard, for response envelopes, or openai-batch, for lines of OpenAI's Batch output.")
    var format = Collection.Format.switchyard

    @Option(help: "Give up after this many seconds without a response. Without it, wait for ever.")
    var timeout: Double?

    @Option(help: "The topic to read from; the configuration's responses topic unless given. Repeatable.")
    var topic: [String] = []

    @OptionGroup var kafka: KafkaOptions

    func validate() throws {
        if let timeout, timeout <= 0 { throw ValidationError("--timeout must be more than 0 seconds") }
    }

    func run() async throws {
        let configuration = try kafka.load()
        let properties = configuration.kafka.readerProperties
        try OutputFile.check(output, mayReplace: force, isResumed: Collection.isResumable(output), input: submitted)
        let submitted = submitted
        let ids = try await BlockingThread.run { () throws -> [String] in
            var check = InputCheck()
            // Plain text's ids do not depend on the model.
            try check.read(file: submitted, model: "any")
            return check.ids
        }
        let job = Collection.Job(
            ids: ids, topics: topic.isEmpty ? [configuration.topics.responses] : topic, output: output, isInOrder: inOrder, format: format,
            timeout: timeout.map { .seconds($0) })
        let summary = try await BlockingThread.run { () throws -> ResultSummary in
            var display = ProgressDisplay("collect", total: ids.count)
            let summary = try Collection(job, properties: properties, logger: Console.logger(level: .error)).run {
                display.update($0.answered)
            }
            display.finish(summary.answered)
            return summary
        }
        Console.say(
            "\(summary.requests) requests, \(summary.succeeded) ok, \(summary.failed) failed, \(summary.missing) missing, "
                + "\(summary.doubled) doubled; written to \(output)")
        if summary.missing > 0 { throw ExitCode(1) }
    }
}

extension Collection.Format: ExpressibleByArgument {}
