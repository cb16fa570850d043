import ArgumentParser
import Configuration
import Foundation
import Kafka

/// Where Kafka is, for the commands that need nothing else of the configuration.
struct KafkaOptions: ParsableArguments {
    @Option(help: "Kafka's address, host:port,…; stands in for the configuration's kafka.bootstrap.servers.")
    var brokers: String?

    @Option(name: .shortAndLong, help: "The configuration file. Without one, environment and defaults count.")
    var config: String?

    @Option(name: .customLong("set"), help: "Override one configuration key, as in --set kafka.security.protocol=ssl. Repeatable.")
    var overrides: [String] = []

    func load() throws -> Configuration {
        try loadWithSources().configuration
    }

    func loadWithSources() throws -> LoadedConfiguration {
        var overrides = overrides
        if let brokers { overrides.append("kafka.bootstrap.servers=\(brokers)") }
        let environment = ProcessInfo.processInfo.environment
        return try ConfigurationLoader.load(
            file: config ?? environment["SWITCHYARD_CONFIG"], environment: environment, overrides: overrides)
    }
}
