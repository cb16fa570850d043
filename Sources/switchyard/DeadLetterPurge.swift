import ArgumentParser
import Bulk
import EventLoop
import Foundation

struct DeadLetterPurge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete dead letters, for good.",
        discussion: """
            Kafka deletes a partition's messages only from the front: of each partition those letters are deleted that are meant and \
            come before the first one that is not.

            EXAMPLES
              switchyard dlq purge --until 30d --dry-run
              switchyard dlq purge --replayed --yes
            """)

    @OptionGroup var selection: DeadLetterSelection

    @Flag(help: "Only letters that were replayed.")
    var replayed = false

    @Flag(help: "All letters.")
    var all = false

    @Flag(help: "Only tell what would be deleted.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        let configuration = try kafka.load()
        let filter = try selection.filter()
        guard all != (replayed || !filter.isEmpty) else {
            throw ValidationError(
                "say which letters to delete: with --until, --replayed or another condition; or --all, which goes with none")
        }
        let (replayed, dryRun, yes) = (replayed, dryRun, yes)
        try await BlockingThread.run { () throws in
            let letters = try DeadLetterTopic(configuration)
            if let emptiness = letters.emptiness { return Console.say(emptiness) }
            let plan = try letters.planPurge(filter, onlyReplayed: replayed)
            if plan.unreachable > 0 {
                Console.note("\(plan.unreachable) letters that are meant lie behind others that are not, and stay")
            }
            guard plan.deletable > 0 else { return Console.say("nothing to delete") }
            guard !dryRun else { return Console.say("would delete \(plan.deletable) letters of \(letters.name)") }
            if !yes {
                guard Confirmation.isPossible else { throw ValidationError("there is no terminal to ask at; --yes deletes without asking") }
                guard Confirmation.ask("delete \(plan.deletable) letters of \(letters.name) for good?") else {
                    return Console.note("nothing was deleted")
                }
            }
            try letters.purge(plan)
            Console.say("deleted \(plan.deletable) letters of \(letters.name)")
        }
    }
}
