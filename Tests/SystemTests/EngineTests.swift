import Foundation
import TestSupport
import Testing

/// Order, retries, limits and faults of the engine, as programs on both sides of it see them.
@Suite(.timeLimit(.minutes(4))) struct EngineTests {
    private func request(_ id: String, key: String? = nil, text: String = "hello", more: String = "") -> Stage.Message {
        Stage.Message(
            key: key ?? id, value: Array(#"{"id":"\#(id)"\#(more),"messages":[{"role":"user","content":"\#(text) \#(id)"}]}"#.utf8))
    }

    private func attempts(_ response: Stage.Message) -> [[String: Any]] { response.object["attempts"] as? [[String: Any]] ?? [] }

    private func errorCode(_ response: Stage.Message) -> String? {
        (response.object["error"] as? [String: Any])?["code"] as? String
    }

    // MARK: Order

    @Test func higherPrioritiesGoFirstAndLowOnesAreNotStarved() async throws {
        let stage = try await Stage(
            Stage.Options(partitions: 1, simulator: ["--latency-ms", "5", "--latency-sigma", "0"], worker: ["max_in_flight: 1"], loops: 1))
        // Of these, the worker takes a hundred to choose from.
        try await stage.produce(
            (0..<80).map { request("low-\($0)", more: #","priority":4"#) } + (0..<80).map { request("high-\($0)", more: #","priority":6"#) }
        )
        let worker = try await stage.startWorker()
        let responses = try await stage.read(stage.topics.responses, count: 160).sorted { $0.offset < $1.offset }
        let order = responses.compactMap(\.key)
        let firstHigh = try #require(order.firstIndex { $0.hasPrefix("high") })
        let highsAmongNext = order[firstHigh...].prefix(40).count { $0.hasPrefix("high") }
        // Six against four is four turns to one.
        #expect((25...39).contains(highsAmongNext), "\(order)")
        #expect(worker.isRunning)
    }

    @Test(arguments: ["key", "partition"]) func requestsThatBelongTogetherDoNotOvertakeEachOther(ordering: String) async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 2, simulator: ["--latency-ms", "20", "--latency-sigma", "0.5", "--error-rate", "0.2"],
                worker: ["ordering: \(ordering)"], more: "retry: {base_delay_ms: 5}"))
        try await stage.produce((0..<240).map { request("\($0 % 12)-\($0)", key: "key-\($0 % 12)") })
        let worker = try await stage.startWorker()
        let responses = try await stage.read(stage.topics.responses, count: 240)
        let ids = responses.map { ($0.object["id"] as? String ?? "").split(separator: "-").compactMap { Int($0) } }
        // A response's key is its request's id, so that the responses lie on other partitions than the requests: their
        // timestamps tell, for no call takes less than the millisecond that they are told in.
        let byKey = Dictionary(grouping: zip(ids, responses)) { $0.0[0] }
        for (key, answers) in byKey {
            let order = answers.sorted { $0.1.timestamp < $1.1.timestamp }.map { $0.0[1] }
            #expect(order == order.sorted(), "key \(key)")
        }
        let peak = try await stage.simulatorStatistics()["peak_in_flight"] as? Int ?? 0
        if ordering == "key" { #expect((3...12).contains(peak)) } else { #expect((1...2).contains(peak)) }
        #expect(worker.isRunning)
    }

    // MARK: Retries

    @Test func aLongRetryWaitsOnATopicAndOutlivesItsWorker() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 2, simulator: ["--latency-ms", "5", "--error-rate", "0.4"],
                more: "retry: {max_attempts: 12, base_delay_ms: 1000, max_delay_ms: 1500, in_memory_max_ms: 50}"))
        let first = try await stage.startWorker()
        try await stage.produce((0..<60).map { request("id-\($0)") })
        let retries = try await stage.read(stage.topics.retry, count: 10)
        #expect(retries.allSatisfy { $0.header("switchyard-not-before") != nil && $0.header("switchyard-generation") != nil })
        #expect(retries.contains { $0.header("switchyard-history")?.contains(#""error":"server_error""#) == true })
        first.send(signal: SIGKILL)
        let second = try await stage.startWorker()
        // A worker that is killed before it has told Redis of a response leaves it to be sent once more.
        let responses = try await stage.read(stage.topics.responses) { Set($0.compactMap(\.key)).count == 60 }
        #expect(responses.allSatisfy { $0.object["status"] as? String == "ok" })
        #expect(responses.contains { attempts($0).count > 2 })
        #expect(responses.allSatisfy { attempts($0).last?["status"] as? Int == 200 })
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        #expect(second.isRunning)
    }

    @Test func theTriesOfARequestAreCountedAcrossItsVisitsAndItsDeadLetterTellsThem() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5", "--error-rate", "1"],
                more: "retry: {max_attempts: 3, base_delay_ms: 300, max_delay_ms: 300, in_memory_max_ms: 1}"))
        let worker = try await stage.startWorker()
        try await stage.produce([request("hopeless")])
        let response = try #require(try await stage.read(stage.topics.responses, count: 1).first)
        #expect(errorCode(response) == "server_error")
        #expect(attempts(response).count == 3)
        let letter = try #require(try await stage.read(stage.topics.deadLetters, count: 1).first)
        #expect(letter.header("switchyard-attempts") == "3")
        #expect(letter.header("switchyard-error-code") == "server_error")
        #expect(letter.header("switchyard-origin") == "\(stage.topics.requests)/0/0")
        #expect(letter.header("kafka_dlt-original-topic") == stage.topics.requests)
        #expect(letter.value == request("hopeless").value)
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 3)
        #expect(worker.isRunning)
    }

    @Test func whatWaitsForAProviderThatIsDownKeepsNobodyOut() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, worker: ["max_in_flight: 4"], loops: 1,
                more:
                    "retry: {base_delay_ms: 600000, max_delay_ms: 600000, in_memory_max_ms: 600000, max_attempts: 2, budget_percent: 1000}")
        )
        // Nobody listens on port 1.
        let worker = try await stage.startWorker(["--set", "providers.down.base_url=http://127.0.0.1:1/v1"])
        try await stage.produce(
            (0..<20).map { request("down-\($0)", more: #","model":"down/m""#) } + (0..<40).map { request("up-\($0)") })
        let responses = try await stage.read(stage.topics.responses, count: 40)
        #expect(Set(responses.compactMap(\.key)) == Set((0..<40).map { "up-\($0)" }))
        #expect(worker.isRunning)
    }

    @Test func anExpiredRequestIsAnsweredAndNotPaidFor() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let worker = try await stage.startWorker()
        try await stage.produce([request("late", more: #","deadline":"2026-01-01T00:00:00Z""#), request("good")])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.first { $0.key == "late" }.flatMap(errorCode) == "deadline_exceeded")
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 1)
        #expect(worker.isRunning)
    }

    // MARK: Limits

    @Test func onePartitionHasNoMoreInFlightThanItMay() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "50", "--latency-sigma", "0"],
                worker: ["max_in_flight: 100", "max_in_flight_per_partition: 7"]))
        let worker = try await stage.startWorker()
        try await stage.produce((0..<100).map { request("id-\($0)") })
        _ = try await stage.read(stage.topics.responses, count: 100)
        #expect(try await stage.simulatorStatistics()["peak_in_flight"] as? Int == 7)
        #expect(worker.isRunning)
    }

    @Test func adaptiveConcurrencyBeginsLow() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 4, simulator: ["--latency-ms", "50", "--latency-sigma", "0"],
                worker: ["max_in_flight: 400", "concurrency: adaptive"]))
        let worker = try await stage.startWorker()
        try await stage.produce((0..<90).map { request("id-\($0)") })
        let responses = try await stage.read(stage.topics.responses, count: 90)
        #expect(responses.allSatisfy { $0.object["status"] as? String == "ok" })
        // Each of the two loops begins with 16, and has seen too few calls to dare more.
        #expect(try await stage.simulatorStatistics()["peak_in_flight"] as? Int ?? 400 <= 32)
        #expect(worker.isRunning)
    }

    @Test func whatIsDoneIsWrittenDownHoweverLittleACommitHolds() async throws {
        let silent = try ScriptedServer { $0.waitForEnd() }
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5", "--latency-sigma", "1.5"],
                worker: ["max_in_flight: 400", "offset_metadata_max_bytes: 64", "commit_interval_ms: 100", "drain_timeout_s: 1"],
                sessionTimeout: 4_000,
                // Slower than this, a provider must not cost the worker its membership.
                kafka: "max.poll.interval.ms: 4000"))
        func slow(_ port: Int) -> [String] { ["--set", "providers.slow.base_url=http://127.0.0.1:\(port)/v1"] }
        let first = try await stage.startWorker(slow(silent.port))
        try await stage.produce(
            [request("slow", text: "[latency 7000]", more: #","model":"slow/m""#)] + (0..<1_500).map { request("id-\($0)") })
        _ = try await stage.read(stage.topics.responses, count: 1_500)
        first.send(signal: SIGTERM)
        try await Condition.wait(for: "the end", atMost: .seconds(60)) { !first.isRunning }
        #expect(silent.accepted == 1)
        let second = try await stage.startWorker(slow(stage.simulatorPort))
        let responses = try await stage.read(stage.topics.responses, count: 1_501)
        #expect(Set(responses.compactMap(\.key)).count == 1_501)
        // The slow one was asked again, and nothing else.
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 1_501)
        #expect(second.isRunning)
    }

    // MARK: Faults

    @Test func aMessageThatCrashesItsDecoderStopsNoPartition() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5"], worker: ["max_in_flight: 20", "commit_interval_ms: 100"], loops: 1,
                sessionTimeout: 3_000))
        // Behind one that does not end, so that work begins at the same offset each time, and far enough behind.
        try await stage.produce(
            [request("slow", text: "[latency 600000]")] + (0..<200).map { request("quick-\($0)") }
                + [Stage.Message(key: "k", value: Array("crash-me".utf8)), request("last")])
        var crashes = 0
        let environment = ["SWITCHYARD_CRASH_ON": "crash-me"]
        var worker = try await stage.startWorker(environment: environment, mayEnd: true)
        try await Condition.wait(for: "the dead letter", atMost: .seconds(150)) {
            if !worker.isRunning {
                crashes += 1
                worker = try await stage.startWorker(environment: environment, mayEnd: true)
            }
            return try await stage.count(stage.topics.deadLetters) > 0
        }
        let letter = try #require(try await stage.read(stage.topics.deadLetters, count: 1).first)
        #expect(letter.header("switchyard-error-code") == "poison_message")
        #expect(letter.text == "crash-me")
        _ = try await stage.read(stage.topics.responses) { $0.contains { $0.key == "last" } }
        #expect((2...6).contains(crashes))
        #expect(worker.isRunning)
    }

    @Test func aResponseThatIsTooLargeIsKeptAsAFile() async throws {
        let folder = try TemporaryDirectory()
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5", "--output-tokens", "20000"],
                worker: ["claim_check_directory: \(folder.path)/kept"], kafka: "producer: {message.max.bytes: 20000}"))
        let worker = try await stage.startWorker()
        try await stage.produce([request("large")])
        let response = try #require(try await stage.read(stage.topics.responses, count: 1).first)
        #expect(errorCode(response) == "response_too_large")
        let error = response.object["error"] as? [String: Any] ?? [:]
        let claimCheck = try #require(error["claim_check"] as? [String: Any])
        let url = try #require((claimCheck["url"] as? String).flatMap { URL(string: $0) })
        let kept = try Data(contentsOf: url)
        #expect(kept.count == claimCheck["bytes"] as? Int)
        let whole = try JSONSerialization.jsonObject(with: kept) as? [String: Any]
        #expect(whole?["id"] as? String == "large")
        #expect(whole?["status"] as? String == "ok")
        #expect(worker.isRunning)
    }

    @Test(.enabled(if: BrokerUnderTest.isEmbedded, "another's broker cannot be stopped"))
    func aBrokerThatDoesNotAnswerCostsNothing() async throws {
        let stage = try await Stage(
            Stage.Options(partitions: 4, simulator: ["--latency-ms", "1500", "--latency-sigma", "0"], worker: ["max_in_flight: 100"]))
        let broker = try #require(stage.broker)
        let worker = try await stage.startWorker()
        try await stage.produce((0..<300).map { request("id-\($0)") })
        try await Condition.wait(for: "calls") { try await stage.simulatorStatistics()["in_flight"] as? Int ?? 0 > 0 }
        broker.send(signal: SIGSTOP)
        // What is in hand is finished, and nothing more is begun, for the responses have nowhere to go.
        try await Condition.wait(for: "the answers") { try await stage.simulatorStatistics()["in_flight"] as? Int == 0 }
        let paid = try await stage.simulatorStatistics()["ok"] as? Int ?? 0
        #expect(paid < 300)
        broker.send(signal: SIGCONT)
        let responses = try await stage.read(stage.topics.responses, count: 300)
        #expect(Set(responses.compactMap(\.key)).count == 300)
        #expect(try await stage.simulatorStatistics()["ok"] as? Int == 300)
        #expect(worker.isRunning)
    }

    @Test func aStaticMemberComesBackToItsPartitions() async throws {
        let stage = try await Stage(Stage.Options(partitions: 2, kafka: "group.instance.id: worker-1"))
        for round in 0..<2 {
            let worker = try await stage.startWorker()
            try await stage.produce((0..<20).map { request("id-\(round)-\($0)") })
            _ = try await stage.read(stage.topics.responses, count: 20 * (round + 1))
            try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
            worker.send(signal: SIGTERM)
            try await Condition.wait(for: "the end", atMost: .seconds(60)) { !worker.isRunning }
            #expect(worker.wait() == 0)
        }
        #expect(try await stage.simulatorStatistics()["requests"] as? Int == 40)
    }

    @Test func aFullSendQueueOnlyTakesTime() async throws {
        let stage = try await Stage(
            Stage.Options(partitions: 4, simulator: ["--latency-ms", "5"], kafka: "producer: {queue.buffering.max.messages: 3}"))
        let worker = try await stage.startWorker()
        try await stage.produce((0..<150).map { request("id-\($0)") })
        let responses = try await stage.read(stage.topics.responses, count: 150)
        #expect(Set(responses.compactMap(\.key)).count == 150)
        #expect(worker.isRunning)
    }

    @Test func aLogThatCannotBeWrittenStopsNothing() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1, worker: ["log_level: trace"]))
        let worker = try ChildProcess(Program.path, ["work", "--config", stage.configuration], sink: "/dev/full")
        try await stage.produce([request("one")])
        _ = try await stage.read(stage.topics.responses, count: 1)
        worker.send(signal: SIGTERM)
        try await Condition.wait(for: "the end", atMost: .seconds(60)) { !worker.isRunning }
        #expect(worker.wait() == 0)
    }
}
