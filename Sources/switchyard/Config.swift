import ArgumentParser
import Configuration
import Foundation
import Kafka

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the configuration.", subcommands: [Check.self], defaultSubcommand: Check.self)

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the configuration in effect, secrets masked, or what is wrong with it.",
            discussion: """
                EXAMPLE
                  switchyard config check --config switchyard.yaml --set worker.loops=4
                """)

        @OptionGroup var kafka: KafkaOptions

        func run() async throws {
            let loaded = try kafka.loadWithSources()
            Console.say(loaded.effectiveYAML())
            do {
                try loaded.configuration.checkForWorker()
            } catch {
                Console.note("this is not enough for a worker:\n\(error)")
                throw ExitCode(1)
            }
        }
    }
}
