import ArgumentParser
import Bulk
import EventLoop
import Foundation
import Kafka
import Logging

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the main job on this machine and show what came of it.",
        discussion: """
            Starts redis-server, the embedded broker, the provider simulator and two workers on free ports, submits a file of \
            questions, collects the answers, and stops everything again. With OPENAI_API_KEY or SWITCHYARD_BASE_URL set, it offers \
            to ask that provider instead of the simulator.

            EXAMPLES
              switchyard demo
              OPENAI_API_KEY=… switchyard demo --model gpt-4o-mini --limit 20
            """)

    @Option(help: "The questions, one a line.", completion: .file())
    var questions = "Tests/Data/questions.txt"

    @Option(help: "The configuration of the workers.", completion: .file())
    var config = "deploy/demo/switchyard.yaml"

    @Option(help: "Ask only this many questions.")
    var limit: Int?

    @Option(help: "The real provider's model, when one is asked.")
    var model = "gpt-4o-mini"

    @Flag(help: "Ask the real provider without asking back.")
    var yes = false

    @Option(name: .shortAndLong, help: "Where to write the answers.", completion: .file())
    var output = "demo-answers.jsonl"

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
        for file in [questions, config] where !FileManager.default.isReadableFile(atPath: file) {
            throw ValidationError("cannot read \(file); run the demo at the top of the repository, or name another file")
        }
        try OutputFile.check(output, mayReplace: true, isResumed: false)
    }

    func run() async throws {
        let target = DemoProvider.choose(model: model, confirmed: yes)
        let stage = try DemoStage(configuration: config, target: target)
        Task {
            await Signals.firstToStop()
            Console.note("\nstopping")
            BlockingThread.detach(name: "stop") {
                stage.stop()
                stage.removeFiles()
                _exit(130)
            }
        }
        let plan = self
        let (input, count) = try prepareQuestions(in: stage.directory)
        Console.say("asking \(count) questions of \(target.name)")
        let summary = try await BlockingThread.run { () throws -> ResultSummary in
            defer { stage.stop() }
            try stage.start()
            try stage.switchyard("submit", ["submit", input, "--model", target.model, "--config", stage.configuration], inForeground: true)
            return try plan.collect(input, stage)
        }
        Console.say(Self.table(summary, output: output, seconds: stage.seconds, provider: target.name))
        stage.removeFiles()
        guard summary.missing == 0, summary.doubled == 0, summary.succeeded > 0 else { throw ExitCode(1) }
    }

    private func prepareQuestions(in directory: String) throws -> (path: String, count: Int) {
        let lines = try String(contentsOfFile: questions, encoding: .utf8).split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
        let chosen = lines.prefix(limit ?? lines.count)
        let path = directory + "/questions.txt"
        try chosen.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return (path, chosen.count)
    }

    private func collect(_ input: String, _ stage: DemoStage) throws -> ResultSummary {
        var check = InputCheck()
        try check.read(file: input, model: "any")
        let job = Collection.Job(
            ids: check.ids, topics: ["llm.responses"], output: stage.directory + "/answers.jsonl", isInOrder: true, format: .switchyard,
            timeout: .seconds(120))
        let properties = KafkaProperties([("bootstrap.servers", stage.brokers)])
        var display = ProgressDisplay("collect", total: check.ids.count)
        let summary = try Collection(job, properties: properties, logger: Console.logger(level: .error)).run { display.update($0.answered) }
        display.finish(summary.answered)
        stage.noteEnd()
        try Data(contentsOf: URL(fileURLWithPath: job.output)).write(to: URL(fileURLWithPath: output))
        return summary
    }

    static func table(_ summary: ResultSummary, output: String, seconds: Double, provider: String) -> String {
        let rows: [(String, String)] = [
            ("provider", provider),
            ("requests", "\(summary.requests)"),
            ("ok", "\(summary.succeeded)"),
            (
                "failed",
                "\(summary.failed)"
                    + (summary.failures.isEmpty
                        ? "" : " (\(summary.failures.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")))")
            ),
            ("missing", "\(summary.missing)"),
            ("doubled", "\(summary.doubled)"),
            ("requests/s", String(format: "%.0f", Double(summary.answered) / max(0.001, seconds))),
            ("latency p50", String(format: "%.0f ms", summary.latency(0.5))),
            ("latency p99", String(format: "%.0f ms", summary.latency(0.99))),
            ("tokens in", "\(summary.inputTokens)"),
            ("tokens out", "\(summary.outputTokens)"),
            ("cost", summary.cost > 0 ? String(format: "$%.4f", summary.cost) : "unknown, the model has no price in the configuration"),
            ("answers", output),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }.joined(separator: "\n")
    }
}
