import Foundation
import TestSupport
import Testing

/// What the program tells the person at the terminal.
@Suite(.timeLimit(.minutes(2))) struct CommandLineTests {
    @Test(arguments: ["work", "submit", "collect", "top", "dlq", "keys", "broker", "simulate", "demo"])
    func everyCommandHasExamplesInItsHelp(command: String) async throws {
        let help = try await Program.run([command, "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("EXAMPLE"), "\(help.output)")
        #expect(help.output.contains("switchyard \(command)"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func shellsGetTheirCompletion(shell: String) async throws {
        let script = try await Program.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        #expect(script.output.contains("collect"))
    }

    @Test func theConfigurationIsShownWithItsSecretsMasked() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            kafka: {bootstrap.servers: "broker:9092"}
            providers:
              main: {kind: openai, api_key: env:MY_KEY}
            models:
              default: {provider: main, model: m}
            """, to: "switchyard.yaml")
        let shown = try await Program.run(
            ["config", "check", "--config", file, "--set", "worker.loops=3"],
            environment: ["MY_KEY": "very-secret-key", "SWITCHYARD_WORKER_MAX_IN_FLIGHT": "77"])
        #expect(shown.status == 0, "\(shown.output)")
        #expect(!shown.output.contains("very-secret-key"))
        #expect(shown.output.contains("********"))
        #expect(shown.output.contains("broker:9092"))
        #expect(shown.output.contains("max_in_flight: 77"))
        #expect(shown.output.contains("loops: 3"))
    }

    @Test func aMistakeInTheConfigurationIsNamedWithItsPlace() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("worker:\n  max_in_fligt: 5\n  loops: many\n", to: "switchyard.yaml")
        let refused = try await Program.run(["config", "check", "--config", file])
        #expect(refused.status != 0)
        #expect(refused.output.contains("switchyard.yaml:2:3"), "\(refused.output)")
        #expect(refused.output.contains("max_in_flight"))
        #expect(refused.output.contains("switchyard.yaml:3:"))
    }

    @Test func aWorkerWithoutAProviderDoesNotStart() async throws {
        let refused = try await Program.run(["work"])
        #expect(refused.status != 0)
        #expect(refused.output.contains("provider"), "\(refused.output)")
    }

    @Test func aWorkerThatCannotReachKafkaSaysSo() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "kafka: {bootstrap.servers: \"127.0.0.1:1\"}\nproviders: {p: {kind: openai}}\n", to: "switchyard.yaml")
        let refused = try await Program.run(["work", "--config", file])
        #expect(refused.status != 0)
        #expect(refused.output.contains("bootstrap.servers"), "\(refused.output)")
    }

    @Test func submittingToATopicThatDoesNotExistSaysSo() async throws {
        let missing = try await Program.run(["submit", "/nowhere.txt", "--brokers", "127.0.0.1:1"])
        #expect(missing.status != 0)
        #expect(missing.output.contains("cannot read /nowhere.txt"), "\(missing.output)")
    }
}
