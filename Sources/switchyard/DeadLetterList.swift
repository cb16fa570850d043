import ArgumentParser
import Bulk
import EventLoop
import Foundation

struct DeadLetterList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List dead letters, the oldest first, and count them by error code.",
        discussion: """
            REQUEST is the place of the message that the requester sent, ATTEMPTS how often a provider was called, REPLAYS how often the \
            request had come back from the dead letters before; "replayed" marks a letter that has been sent again.

            EXAMPLES
              switchyard dlq list --code rate_limited --code overloaded --since 2h
              switchyard dlq list --json | jq -r .id
            """)

    @OptionGroup var selection: DeadLetterSelection

    @Option(help: "List at most this many.")
    var limit: Int?

    @Flag(help: "Write a JSON object for each letter, one a line.")
    var json = false

    @OptionGroup var kafka: KafkaOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let configuration = try kafka.load()
        let filter = try selection.filter()
        let (limit, json) = (limit, json)
        try await BlockingThread.run { () throws in
            let letters = try DeadLetterTopic(configuration)
            if let emptiness = letters.emptiness { return Console.note(emptiness) }
            let listed = try letters.list(filter, limit: limit)
            if json {
                for entry in listed { Console.say(DeadLetterListing.json(entry)) }
            } else if listed.isEmpty {
                Console.note("no dead letter in \(letters.name) matches")
            } else {
                Console.say(DeadLetterListing.table(listed).joined(separator: "\n"))
                Console.say(DeadLetterListing.totals(listed))
            }
        }
    }
}
