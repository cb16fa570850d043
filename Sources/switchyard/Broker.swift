import ArgumentParser
import Foundation
import Kafka
import Logging

struct Broker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run an embedded Kafka broker for trying things out.",
        discussion: """
            The broker speaks Kafka's protocol to any client, on a port of its own choice, which it prints. It keeps everything in \
            memory, at most 5 MiB or 100,000 batches a partition, and drops what is older: it is no place for real work.

            EXAMPLE
              switchyard broker --address-file broker.txt
              kcat -b $(cat broker.txt) -L
            """)

    @Option(help: "How many partitions each topic has.")
    var partitions = 64

    @Option(help: "How many brokers the cluster has.")
    var brokers = 1

    @Option(help: "Topics to create, separated by commas. Others are created when they are first asked for.")
    var topics = "llm.requests,llm.responses,llm.chunks,llm.events,llm.dead-letter"

    @Option(help: "Write the address to this file once clients can connect.")
    var addressFile: String?

    func validate() throws {
        guard partitions > 0, partitions <= 10_000 else { throw ValidationError("--partitions must be 1 to 10000") }
        guard brokers > 0, brokers <= 16 else { throw ValidationError("--brokers must be 1 to 16") }
    }

    func run() async throws {
        let broker = try EmbeddedBroker(brokers: brokers, logger: Console.logger(level: .info))
        for topic in topics.split(separator: ",") { broker.createTopic(String(topic), partitions: partitions) }
        if let addressFile {
            try Data((broker.bootstrapServers + "\n").utf8).write(to: URL(fileURLWithPath: addressFile), options: .atomic)
        }
        Console.say("BROKERS=\(broker.bootstrapServers)")
        await Signals.firstToStop()
        withExtendedLifetime(broker) {}
    }
}
