import ArgumentParser
import Bulk
import Configuration
import EventLoop
import Foundation
import Kafka

struct DeadLetterShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show dead letters with all their headers and their value.",
        discussion: """
            A value that is no text is shown in hexadecimal. With --raw the value is written to standard output as it is, and nothing else.

            EXAMPLES
              switchyard dlq show llm.dead-letter/3/17
              switchyard dlq show llm.dead-letter/3/17 --raw > request.json
            """)

    @Argument(help: "The places, topic/partition/offset, as list shows them.")
    var places: [DeadLetterPlace]

    @Flag(help: "Write the value's bytes as they are.")
    var raw = false

    @OptionGroup var kafka: KafkaOptions

    func validate() throws {
        if raw, places.count > 1 { throw ValidationError("--raw writes one value; give one place") }
    }

    func run() async throws {
        let configuration = try kafka.load()
        let name = configuration.topics.deadLetter
        if let stray = places.first(where: { $0.partition.topic != name }) {
            throw ValidationError("\(stray) is not in \(name), the configured topics.dead_letter; --set topics.dead_letter=… names another")
        }
        let (places, raw) = (Set(places), raw)
        let missing = try await BlockingThread.run { () throws in
            try DeadLetterTopic(configuration).withLetters(at: places) { letter, message in
                if raw {
                    FileHandle.standardOutput.write(message.value.map { Data($0) } ?? Data())
                } else {
                    Console.say(DeadLetterDisplay.text(letter, message) + "\n")
                }
            }
        }
        for place in missing.map(\.description).sorted() { Console.note("there is no dead letter at \(place), or no longer") }
        if !missing.isEmpty { throw ExitCode(1) }
    }
}
