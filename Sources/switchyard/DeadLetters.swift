import ArgumentParser
import Bulk
import Configuration
import Envelope
import Foundation
import Kafka
import Logging

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Look at the dead letters, send them again, delete them.",
        discussion: """
            A dead letter is a message that was no acceptable request, or a request that failed after all attempts. It carries its own \
            key, value and headers, and further headers that tell why and whence it came.

            EXAMPLES
              switchyard dlq list --since 2h
              switchyard dlq show llm.dead-letter/3/17
              switchyard dlq replay --code rate_limited --dry-run
              switchyard dlq purge --replayed
            """,
        subcommands: [DeadLetterList.self, DeadLetterShow.self, DeadLetterReplayCommand.self, DeadLetterPurge.self],
        defaultSubcommand: DeadLetterList.self)
}

/// Which dead letters are meant, as options.
struct DeadLetterSelection: ParsableArguments {
    @Option(help: "With this error code, as in --code rate_limited. Repeatable: one of several.")
    var code: [ErrorCode] = []

    @Option(help: "Of the request with this id. Repeatable: one of several.")
    var id: [String] = []

    @Option(help: "With this key.")
    var key: String?

    @Option(help: "Of a request that was sent to this topic.")
    var topic: String?

    @Option(help: "Given up by this worker.")
    var worker: String?

    @Option(help: "Put there at this time or later: an RFC 3339 time, or how long ago, as in 2h, 30m or 7d.")
    var since: String?

    @Option(help: "Put there before this time, given like --since.")
    var until: String?

    @Option(help: "With this text somewhere in the value.")
    var contains: String?

    @Option(help: "The one at this place, topic/partition/offset, as list shows it. Repeatable: one of several.")
    var place: [DeadLetterPlace] = []

    func validate() throws {
        _ = try Self.time(since, "--since")
        _ = try Self.time(until, "--until")
    }

    func filter() throws -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.codes = Set(code)
        filter.ids = Set(id)
        filter.places = Set(place)
        (filter.key, filter.topic, filter.worker, filter.text) = (key, topic, worker, contains)
        filter.since = try Self.time(since, "--since")
        filter.until = try Self.time(until, "--until")
        return filter
    }

    private static func time(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        guard let time = TimeArgument.milliseconds(text, now: now) else {
            throw ValidationError(
                "\(option) \(text): give an RFC 3339 time such as 2026-03-01T12:00:00Z, or how long ago: 90s, 30m, 2h, 7d")
        }
        return time
    }
}

extension DeadLetterTopic {
    /// The dead letters of the configured cluster. Blocks.
    init(_ configuration: Configuration) throws(KafkaError) {
        let group = configuration.kafka.consumerProperties["group.id"] ?? "switchyard"
        try self.init(
            configuration.topics.deadLetter, group: "\(group)-dlq-replay",
            metadataLimit: configuration.worker.offsetMetadataMaxBytes, readerProperties: configuration.kafka.readerProperties,
            adminProperties: configuration.kafka.adminProperties, logger: Console.logger(level: .error))
    }
}

/// The last word before something is done that cannot be undone.
enum Confirmation {
    static var isPossible: Bool { isatty(0) == 1 && Console.standardErrorIsTerminal }

    /// Asks on the terminal. Blocks.
    static func ask(_ question: String) -> Bool {
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}

extension ErrorCode: ExpressibleByArgument {}

extension DeadLetterPlace: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
