import ArgumentParser
import EventLoop
import Foundation
import Kafka
import Logging

struct Broker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run an embedded Kafka broker for trying things out.",
        discussion: """
            The broker speaks Kafka's protocol to any client, on a port of its own choice, which it prints. It keeps everything in \
            memory, at most 5 MiB or 100,000 batches a partition, and drops what is older: it is no place for real work.

            To see what becomes of clients when brokers fail, give it commands on its standard input, one a line:
              \(BrokerCommand.forms.joined(separator: "\n  "))
            BROKER is a number from 1 on. The next COUNT requests of the kind REQUEST are answered with ERROR.
            REQUEST is one of \(Self.names(EmbeddedBroker.Request.self)).
            ERROR is one of \(Self.names(EmbeddedBroker.Fault.self)).

            EXAMPLES
              switchyard broker --address-file broker.txt
              kcat -b $(cat broker.txt) -L
              (sleep 10; echo down 2; sleep 10; echo up 2) | switchyard broker --brokers 3
            """)

    private static func names<Value: RawRepresentable<String> & CaseIterable>(_: Value.Type) -> String {
        Value.allCases.map(\.rawValue).joined(separator: ", ")
    }

    @Option(help: "How many partitions each topic has.")
    var partitions = 64

    @Option(help: "How many brokers the cluster has.")
    var brokers = 1

    @Option(help: "Topics to create, separated by commas. Others are created when they are first asked for.")
    var topics = "llm.requests,llm.responses,llm.chunks,llm.events,llm.dead-letter,llm.retry.1m,llm.retry.10m,llm.retry.1h"

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
        BlockingThread.detach(name: "broker-commands") { Self.obey(broker) }
        await Signals.firstToStop()
        withExtendedLifetime(broker) {}
    }

    /// Does what standard input says, until that ends.
    private static func obey(_ broker: EmbeddedBroker) {
        while let line = readLine() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            do {
                try BrokerCommand(line).run(on: broker)
            } catch {
                Console.note("\(error)")
            }
        }
    }
}
