import ArgumentParser
internal import Configuration

@main
struct Switchyard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchyard",
        abstract: "The worker between Kafka and the LLM providers.",
        discussion: """
            Requests come from a Kafka topic, are answered by providers, and the responses go to another topic.

            EXAMPLES
              switchyard demo                             # all of it on this machine
              switchyard work --config switchyard.yaml    # the service
              switchyard submit questions.txt --model default
              switchyard collect --submitted questions.txt -o answers.jsonl
            """,
        version: ProductVersion.current,
        subcommands: [
            Work.self, Submit.self, Collect.self, Top.self, DeadLetters.self, Keys.self, Broker.self, Simulate.self, Config.self, Demo.self,
        ])
}
