import ArgumentParser
import Configuration
import Foundation
import Kafka

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the configuration.", subcommands: [Check.self], defaultSubcommand: Check.self)

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the configuration and print what is in effect, secrets masked.",
            discussion: """
                EXAMPLE
                  switchyard config check --config switchyard.yaml --set worker.loops=4
                """)

        @OptionGroup var kafka: KafkaOptions

        func run() async throws {
            let loaded = try kafka.loadWithSources()
            for properties in [loaded.configuration.kafka.workerConsumerProperties, loaded.configuration.kafka.workerProducerProperties] {
                try properties.validate()
            }
            print(loaded.effectiveYAML())
        }
    }
}
