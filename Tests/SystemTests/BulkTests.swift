import Foundation
import TestSupport
import Testing

/// `submit` and `collect` with a worker in between.
@Suite(.timeLimit(.minutes(4))) struct BulkTests {
    private func lines(_ path: String) throws -> [[String: Any]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test func aFileOfPlainLinesIsAnsweredInItsOrder() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let questions = "\(Program.root)/Tests/Data/questions.txt"
        let output = "\(stage.directory.path)/answers.jsonl"
        let submitted = try await Program.run(["submit", questions, "--model", "default", "--config", stage.configuration])
        #expect(submitted.status == 0, "\(submitted.output)")
        let collected = try await Program.run([
            "collect", "--submitted", questions, "--in-order", "-o", output, "--timeout", "60", "--config", stage.configuration,
        ])
        #expect(collected.status == 0, "\(collected.output)")
        let count = try String(contentsOfFile: questions, encoding: .utf8).split(separator: "\n").count
        let answers = try lines(output)
        #expect(answers.count == count)
        let numbers = answers.compactMap { ($0["id"] as? String)?.split(separator: "-").dropFirst().first.flatMap { Int($0) } }
        #expect(numbers == Array(1...count))
        #expect(answers.allSatisfy { $0["status"] as? String == "ok" })
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == count)
        #expect(!FileManager.default.fileExists(atPath: output + ".partial"))
        #expect(worker.isRunning)
    }

    @Test func anOpenAIBatchFileComesBackAsBatchOutput() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let batch = (0..<50).map { number in
            #"{"custom_id":"row-\#(number)","method":"POST","url":"/v1/chat/completions","body":{"model":"default","#
                + #""messages":[{"role":"user","content":"question \#(number)"}],"max_tokens":20}}"#
        }
        let input = try stage.directory.write(batch.joined(separator: "\n") + "\n", to: "batch.jsonl")
        let output = "\(stage.directory.path)/output.jsonl"
        #expect(try await Program.run(["submit", input, "--config", stage.configuration]).status == 0)
        let collected = try await Program.run([
            "collect", "--submitted", input, "--in-order", "--format", "openai-batch", "-o", output, "--timeout", "60", "--config",
            stage.configuration,
        ])
        #expect(collected.status == 0, "\(collected.output)")
        let rows = try lines(output)
        #expect(rows.compactMap { $0["custom_id"] as? String } == (0..<50).map { "row-\($0)" })
        for row in rows {
            let response = try #require(row["response"] as? [String: Any])
            let body = try #require(response["body"] as? [String: Any])
            #expect(response["status_code"] as? Int == 200)
            #expect(body["object"] as? String == "chat.completion")
            #expect((body["choices"] as? [[String: Any]])?.count == 1)
        }
        #expect(worker.isRunning)
    }

    @Test func collectingGoesOnWhereItStopped() async throws {
        let stage = try await Stage()
        let input = try stage.directory.write((0..<300).map { "question \($0)" }.joined(separator: "\n"), to: "questions.txt")
        let output = "\(stage.directory.path)/answers.jsonl"
        let collect = ["collect", "--submitted", input, "-o", output, "--config", stage.configuration]
        let worker = try await stage.startWorker()
        let half = try stage.directory.write((0..<100).map { "question \($0)" }.joined(separator: "\n"), to: "half.txt")
        #expect(try await Program.run(["submit", half, "--model", "default", "--config", stage.configuration]).status == 0)
        _ = try await stage.read(stage.topics.responses, count: 100)
        let first = try await Program.run(collect + ["--timeout", "3"])
        #expect(first.status == 1)
        #expect(first.output.contains("200 missing"), "\(first.output)")
        #expect(FileManager.default.fileExists(atPath: output + ".partial"))
        let rest = try stage.directory.write(
            (0..<300).map { $0 < 100 ? "" : "question \($0)" }.joined(separator: "\n"), to: "rest.txt")
        #expect(try await Program.run(["submit", rest, "--model", "default", "--config", stage.configuration]).status == 0)
        let second = try await Program.run(collect + ["--timeout", "60"])
        #expect(second.status == 0, "\(second.output)")
        #expect(try lines(output).count == 300)
        #expect(worker.isRunning)
    }

    @Test func malformedLinesAreNamedAndNothingIsSent() async throws {
        let stage = try await Stage()
        let input = try stage.directory.write(
            #"""
            {"id":"a","messages":[{"role":"user","content":"x"}]}
            {"id":"b","mesages":[]}
            not JSON
            {"id":"a","messages":[{"role":"user","content":"y"}]}
            """#, to: "bad.jsonl")
        let refused = try await Program.run(["submit", input, "--config", stage.configuration])
        #expect(refused.status != 0)
        #expect(refused.output.contains("bad.jsonl:2: unknown field \"mesages\""), "\(refused.output)")
        #expect(refused.output.contains("bad.jsonl:3: "))
        #expect(refused.output.contains("bad.jsonl:4: the id \"a\" is that of line 1 already"))
        #expect(refused.output.contains("nothing was sent"))
        #expect(try await stage.lag() == 0)
        let skipped = try await Program.run(["submit", input, "--skip-invalid", "--config", stage.configuration])
        #expect(skipped.status == 0, "\(skipped.output)")
        #expect(try await stage.read(stage.topics.requests, count: 1).map(\.key) == ["a"])
    }

    @Test(.enabled(if: BrokerUnderTest.isEmbedded, "only the embedded broker forgets"))
    func submittingToTheEmbeddedBrokerHoldsBackRatherThanLose() async throws {
        // 18 MB of requests on two partitions that keep 5 MiB each.
        let stage = try await Stage(Stage.Options(partitions: 2, simulator: ["--latency-ms", "1"]))
        let text = String(repeating: "All work and no play makes Jack a dull boy. ", count: 340)
        let input = try stage.directory.write((0..<1_200).map { "\($0) \(text)" }.joined(separator: "\n"), to: "large.txt")
        let output = "\(stage.directory.path)/answers.jsonl"
        let worker = try await stage.startWorker()
        async let submitted = Program.run(["submit", input, "--model", "default", "--config", stage.configuration])
        let collected = try await Program.run([
            "collect", "--submitted", input, "-o", output, "--timeout", "100", "--config", stage.configuration,
        ])
        #expect(try await submitted.status == 0)
        #expect(collected.status == 0, "\(collected.output)")
        #expect(collected.output.contains("1200 ok, 0 failed, 0 missing, 0 doubled"), "\(collected.output)")
        #expect(worker.isRunning)
    }

    @Test func aRequestThatSucceedsTheSecondTimeTakesTheFailuresPlace() async throws {
        let stage = try await Stage()
        let worker = try await stage.startWorker()
        let input = try stage.directory.write("one question\nanother question\n", to: "questions.txt")
        let output = "\(stage.directory.path)/answers.jsonl"
        #expect(try await Program.run(["submit", input, "--model", "nowhere/x", "--config", stage.configuration]).status == 0)
        _ = try await stage.read(stage.topics.responses, count: 2)
        #expect(try await Program.run(["submit", input, "--model", "default", "--config", stage.configuration]).status == 0)
        _ = try await stage.read(stage.topics.responses, count: 4)
        let collected = try await Program.run(["collect", "--submitted", input, "-o", output, "--config", stage.configuration])
        #expect(collected.status == 0, "\(collected.output)")
        #expect(collected.output.contains("2 ok, 0 failed, 0 missing, 0 doubled"), "\(collected.output)")
        #expect(try lines(output).allSatisfy { $0["status"] as? String == "ok" })
        #expect(worker.isRunning)
    }

    @Test func collectingReplacesNoFileUnasked() async throws {
        let directory = try TemporaryDirectory()
        let input = try directory.write("question\n", to: "questions.txt")
        let notes = try directory.write("precious\n", to: "notes.txt")
        let onto = try await Program.run(["collect", "--submitted", input, "-o", notes, "--brokers", "127.0.0.1:1"])
        #expect(onto.status != 0)
        #expect(onto.output.contains("exists already"), "\(onto.output)")
        let same = try await Program.run(["collect", "--submitted", input, "-o", input, "--force", "--brokers", "127.0.0.1:1"])
        #expect(same.output.contains("is the submitted file"), "\(same.output)")
        #expect(directory.read("notes.txt") == "precious\n")
        #expect(directory.read("questions.txt") == "question\n")
    }
}
