import ArgumentParser
import Bulk
import Configuration
import Envelope
import EventLoop
import Foundation
import Kafka
import Logging

struct DeadLetterReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send dead letters to the topic they came from.",
        discussion: """
            A letter is sent with its own key, value and headers, and with headers by which workers know which request it is, so that \
            it is not answered twice. What was replayed is remembered in the consumer group GROUP-dlq-replay and not sent again. \
            Letters whose code says that the same request would only fail again, such as invalid_json, are left out unless their code \
            is named.

            EXAMPLES
              switchyard dlq replay --dry-run
              switchyard dlq replay --code rate_limited --code quota_exhausted --since 7d
              switchyard dlq replay --code unknown_model --topic llm.requests
            """)

    @OptionGroup var selection: DeadLetterSelection

    @Option(help: "Send at most this many, the oldest first.")
    var limit: Int?

    @Option(help: "Send to this topic instead.")
    var to: String?

    @Option(help: "Leave out requests that have come back from the dead letters this often.")
    var maxReplays = 3

    @Flag(help: "Send letters of all codes, also those that would only fail again.")
    var all = false

    @Flag(help: "Send also what was replayed before.")
    var again = false

    @Flag(help: "Only tell what would be sent.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var kafka: KafkaOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
        if maxReplays < 1 { throw ValidationError("--max-replays must be 1 or more") }
    }

    func run() async throws {
        let configuration = try kafka.load()
        guard to != configuration.topics.deadLetter else { throw ValidationError("--to: \(to ?? "") is the dead-letter topic itself") }
        let job = Job(
            configuration: configuration, filter: try selection.filter(),
            rules: .init(codes: Set(selection.code), includesHopeless: all, again: again, maxReplays: maxReplays),
            limit: limit, target: to, isDryRun: dryRun, asks: !yes && Confirmation.isPossible)
        let progress = try await BlockingThread.run { () throws in try job.run() }
        if let progress, !progress.failures.isEmpty { throw ExitCode(1) }
    }
}

/// One call of the command. Blocks.
private struct Job: Sendable {
    let configuration: Configuration
    let filter: DeadLetterFilter
    let rules: DeadLetterReplayPlan.Rules
    let limit: Int?
    let target: String?
    let isDryRun: Bool
    let asks: Bool

    /// - Returns: nil if nothing was sent, and nothing was to be.
    func run() throws -> DeadLetterReplay.Progress? {
        let letters = try DeadLetterTopic(configuration)
        if let emptiness = letters.emptiness {
            Console.say(emptiness)
            return nil
        }
        if let target {
            let admin = try KafkaAdmin(properties: configuration.kafka.adminProperties, logger: Console.logger(level: .error))
            // Asked for all topics, a broker creates none.
            guard try admin.partitionCounts(timeout: .seconds(15))[target] != nil else {
                throw KafkaError(.unknownTopic, "--to: topic \(target) does not exist; create it, or name another")
            }
        }
        let replay = DeadLetterReplay(
            of: letters, to: target, properties: configuration.kafka.bulkProducerProperties, logger: Console.logger(level: .error))
        let plan = try replay.plan(filter, rules, limit: limit)
        let targets = Set(plan.chosen.map { target ?? $0.topic }).sorted().joined(separator: ", ")
        if isDryRun {
            for letter in plan.chosen { Console.say("\(letter.place)  \(letter.code.rawValue)  to \(target ?? letter.topic)") }
            Console.say("would replay \(plan.chosen.count) letters" + (targets.isEmpty ? "" : " to \(targets)"))
            report(plan.skipped)
            return nil
        }
        guard !plan.chosen.isEmpty else {
            Console.say("nothing to replay")
            report(plan.skipped)
            return nil
        }
        if asks, plan.chosen.count > 1, !Confirmation.ask("replay \(plan.chosen.count) letters to \(targets)?") {
            Console.note("nothing was sent")
            return nil
        }
        var display = ProgressDisplay("replay", total: plan.chosen.count)
        let progress = try replay.run(plan) { display.update($0.sent) }
        display.finish(progress.sent)
        Console.say("replayed \(progress.sent) letters to \(targets)")
        report(plan.skipped)
        report(progress)
        return progress
    }

    private func report(_ skipped: [DeadLetterReplayPlan.Skip: Int]) {
        let lines = skipped.map { skip, count in "left out \(count): \(reason(skip))" }
        for line in lines.sorted() { Console.say(line) }
    }

    private func reason(_ skip: DeadLetterReplayPlan.Skip) -> String {
        switch skip {
        case .replayed: "replayed before; --again sends them again"
        case .foreign: "without Switchyard's headers, so that their topic is not known"
        case .truncated: "truncated, so that the request is not whole; it must be sent anew"
        case .tooOften: "their requests came back \(rules.maxReplays) times or more; --max-replays raises that"
        case .hopeless(let code):
            "\(code.rawValue), which will not pass unless something has changed; --code \(code.rawValue) or --all sends them all the same"
        }
    }

    private func report(_ progress: DeadLetterReplay.Progress) {
        for failure in progress.failures.prefix(20) { Console.note("not sent: \(failure.place): \(failure.error)") }
        if progress.failures.count > 20 { Console.note("… and \(progress.failures.count - 20) more") }
        guard !progress.forgotten.isEmpty else { return }
        let names = progress.forgotten.map(\.description).sorted().joined(separator: ", ")
        Console.note(
            "too many gaps between the letters replayed of \(names) to remember them: another replay sends them again, and workers "
                + "that have Redis drop what they have answered")
    }
}
