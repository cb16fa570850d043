import Envelope
import EventLoop
import Foundation
import Kafka
import Logging
import TestSupport
import Testing

/// The commands for dead letters, on letters that a worker has written and on such as it would.
@Suite(.timeLimit(.minutes(3))) struct DeadLetterTests {
    private struct Letter: Sendable {
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: [MessageHeader] = []
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func reason(
        _ stage: Stage, _ code: ErrorCode, offset: Int64 = 7, worker: String = "w-1", attempts: Int = 3, isTruncated: Bool = false
    ) -> DeadLetterHeaders {
        DeadLetterHeaders(
            topic: stage.topics.requests, partition: 2, offset: offset, timestamp: 1_772_366_400_250, timestampType: .createTime,
            consumerGroup: stage.group, code: code, message: "it failed", worker: worker, attempts: attempts, isTruncated: isTruncated)
    }

    private func request(_ id: String) -> [UInt8] {
        Array(#"{"id":"\#(id)","messages":[{"role":"user","content":"hello \#(id)"}]}"#.utf8)
    }

    private func letter(_ stage: Stage, _ id: String, _ code: ErrorCode, more: [MessageHeader] = []) -> Letter {
        Letter(key: Array(id.utf8), value: request(id), headers: more + reason(stage, code).headers)
    }

    /// Puts letters on the dead-letter topic, which has one partition. Each is a batch of its own, for there are brokers that take the
    /// last batch's beginning for the end of the partition.
    private func put(_ letters: [Letter], on stage: Stage) async throws {
        let (properties, topics) = (stage.properties, [stage.topics.deadLetters, stage.topics.requests])
        try await BlockingThread.run { () throws in
            let admin = try KafkaAdmin(properties: properties, logger: Self.logger)
            _ = try admin.ensureTopics(topics, partitions: 1, replicationFactor: 1, timeout: .seconds(10))
            let producer = try BulkProducer(properties: properties, logger: Self.logger)
            for letter in letters {
                try (letter.value ?? []).withUnsafeBytes { bytes in
                    var headers = KafkaHeaders()
                    for header in letter.headers { headers.add(header.name, header.value) }
                    let value = letter.value == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : bytes
                    try producer.produce(topic: topics[0], key: letter.key, value: value, headers: headers)
                    try producer.flush(timeout: .seconds(30))
                }
            }
        }
    }

    private func dlq(_ stage: Stage, _ arguments: [String]) async throws -> Program.Result {
        try await Program.run(["dlq"] + arguments + ["--config", stage.configuration])
    }

    private func listed(_ stage: Stage, _ arguments: [String] = []) async throws -> [[String: Any]] {
        let list = try await dlq(stage, ["list", "--json"] + arguments)
        #expect(list.status == 0, "\(list.output)")
        return try list.output.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func ids(_ listed: [[String: Any]]) -> [String] {
        listed.map { $0["id"] as? String ?? "-" }.sorted()
    }

    // MARK: Looking

    @Test func whatAWorkerGivesUpIsListedAndShown() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let worker = try await stage.startWorker()
        try await stage.produce([
            Stage.Message(key: "k-1", value: Array("garbage \u{1B}[2J".utf8), headers: [("source", Array("test".utf8))]),
            Stage.Message(key: "k-2", value: Array(#"{"id":"astray","model":"nowhere/x","prompt":"where?"}"#.utf8)),
            Stage.Message(key: "k-3", value: [0, 1, 0xFF]),
        ])
        _ = try await stage.read(stage.topics.deadLetters, count: 3)

        let table = try await dlq(stage, ["list"])
        #expect(table.status == 0)
        #expect(table.output.contains("PLACE"))
        #expect(table.output.contains("3 dead letters: 2 invalid_json, 1 unknown_model; 0 were replayed"), "\(table.output)")
        let row = try #require(table.output.split(separator: "\n").first { $0.contains("unknown_model") })
        #expect(row.contains("astray") && row.contains("\(stage.topics.requests)/0/1"), "\(row)")
        let astray = try await listed(stage, ["--code", "unknown_model"])
        #expect(astray.count == 1)
        #expect(astray[0]["id"] as? String == "astray")
        #expect(astray[0]["key"] as? String == "k-2")
        #expect(astray[0]["replays"] as? Int == 0)
        #expect(astray[0]["replayed"] as? Bool == false)
        let place = try #require(astray[0]["place"] as? String)
        let places = try await listed(stage).compactMap { $0["place"] as? String }
        #expect(places.count == 3 && places.contains(place))

        let shown = try await dlq(stage, ["show"] + places)
        #expect(shown.status == 0)
        #expect(shown.output.contains(#"{"id":"astray","model":"nowhere/x","prompt":"where?"}"#), "\(shown.output)")
        #expect(shown.output.contains("source"))
        #expect(shown.output.split(separator: "\n").contains { $0.contains("kafka_dlt-original-offset") && $0.hasSuffix(" 1") })
        #expect(shown.output.contains("00 01 ff"))
        #expect(!shown.output.contains("\u{1B}"))
        let raw = try await dlq(stage, ["show", place, "--raw"])
        #expect(raw.output == #"{"id":"astray","model":"nowhere/x","prompt":"where?"}"#)
        let beyond = try await dlq(stage, ["show", "\(stage.topics.deadLetters)/0/99"])
        #expect(beyond.status == 1)
        #expect(beyond.output.contains("there is no dead letter at \(stage.topics.deadLetters)/0/99"))
        #expect(worker.isRunning)
    }

    @Test func filtersMeanWhatTheySay() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let history = Lineage(origin: MessageOrigin(topic: "elsewhere", partition: 0, offset: 1, timestamp: 5)).headers
        try await put(
            [
                letter(stage, "a", .rateLimited), letter(stage, "b", .auth), letter(stage, "c", .timeout, more: history),
                Letter(key: Array("d".utf8), value: request("d"), headers: reason(stage, .timeout, worker: "w-2").headers),
                Letter(key: nil, value: Array("of another program".utf8)), letter(stage, "e", .poisonMessage),
            ], on: stage)
        #expect(ids(try await listed(stage)) == ["-", "-", "a", "b", "c", "d"], "what has crashed workers is not decoded")
        #expect(ids(try await listed(stage, ["--code", "rate_limited", "--code", "timeout"])) == ["a", "c", "d"])
        #expect(ids(try await listed(stage, ["--id", "a", "--id", "b"])) == ["a", "b"])
        #expect(ids(try await listed(stage, ["--key", "c"])) == ["c"])
        #expect(ids(try await listed(stage, ["--topic", "elsewhere"])) == ["c"])
        #expect(ids(try await listed(stage, ["--worker", "w-2"])) == ["d"])
        #expect(ids(try await listed(stage, ["--contains", "hello b"])) == ["b"])
        #expect(ids(try await listed(stage, ["--place", "\(stage.topics.deadLetters)/0/3"])) == ["d"])
        #expect(try await listed(stage, ["--since", "1h"]).count == 6)
        #expect(try await listed(stage, ["--until", "1h"]).isEmpty)
        #expect(try await listed(stage, ["--since", "2999-01-01T00:00:00Z"]).isEmpty)
        #expect(try await listed(stage, ["--limit", "2"]).count == 2)
        let mistake = try await dlq(stage, ["list", "--since", "yesterday"])
        #expect(mistake.status != 0)
        #expect(mistake.output.contains("how long ago"), "\(mistake.output)")
    }

    @Test(arguments: [["list"], ["replay"], ["purge", "--all"]])
    func aTopicWithoutLettersIsNoError(arguments: [String]) async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let result = try await dlq(stage, arguments + ["--set", "topics.dead_letter=\(stage.topics.deadLetters).none"])
        #expect(result.status == 0)
        #expect(result.output.contains("there are no dead letters"), "\(result.output)")
    }

    @Test(arguments: ["list", "show", "replay", "purge"])
    func everyCommandHasExamplesInItsHelp(command: String) async throws {
        let help = try await Program.run(["dlq", command, "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("EXAMPLES"), "\(help.output)")
        #expect(help.output.contains("switchyard dlq \(command)"))
        #expect(try await Program.run(["dlq", "--help"]).output.contains("switchyard dlq \(command)"))
    }

    // MARK: Replaying

    @Test func aLetterIsSentAsItWasAndOnce() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let own = [MessageHeader(name: "binary", value: [0, 255]), MessageHeader("traceparent", "00-x"), MessageHeader("empty", "")]
        var before = Lineage(origin: MessageOrigin(topic: stage.topics.requests, partition: 3, offset: 4, timestamp: 5))
        (before.generation, before.replays, before.notBefore) = (6, 1, 9)
        try await put(
            [
                Letter(key: Array("k".utf8), value: [0xFF, 0, 1], headers: own + reason(stage, .internal).headers),
                Letter(key: nil, value: request("second"), headers: before.headers + reason(stage, .auth).headers),
                Letter(key: [], value: nil, headers: reason(stage, .timeout).headers),
            ], on: stage)

        let dry = try await dlq(stage, ["replay", "--dry-run"])
        #expect(dry.status == 0)
        #expect(dry.output.contains("would replay 3 letters to \(stage.topics.requests)"), "\(dry.output)")
        let replay = try await dlq(stage, ["replay"])
        #expect(replay.status == 0)
        #expect(replay.output.contains("replayed 3 letters to \(stage.topics.requests)"), "\(replay.output)")

        let sent = try await stage.read(stage.topics.requests, count: 3)
        #expect(sent.count == 3, "the dry run has sent something")
        let first = try #require(sent.first { $0.key == "k" })
        #expect(first.value == [0xFF, 0, 1])
        #expect(first.headers.prefix(3).map { MessageHeader(name: $0.name, value: $0.value) } == own)
        #expect(!first.headers.contains { DeadLetterHeaders.owns($0.name) })
        #expect(first.header("switchyard-root") == "\(stage.topics.requests)/2/7@1772366400250")
        #expect(first.header("switchyard-replays") == "1")
        let second = try #require(sent.first { $0.key == nil })
        #expect(second.value == request("second"))
        #expect(
            second.headers.map { MessageHeader(name: $0.name, value: $0.value) } == before.replayed().headers,
            "the headers of its last try are left out")
        #expect(second.header("switchyard-replays") == "2")
        let third = try #require(sent.first { $0.key == "" })
        #expect(third.value == nil)

        let repeated = try await dlq(stage, ["replay"])
        #expect(repeated.status == 0)
        #expect(repeated.output.contains("nothing to replay"), "\(repeated.output)")
        #expect(repeated.output.contains("left out 3: replayed before"))
        #expect(try await listed(stage).allSatisfy { $0["replayed"] as? Bool == true })
        // The embedded broker has a topic once it is asked for.
        #expect(try await stage.count(stage.topics.elsewhere) == 0)
        let again = try await dlq(stage, ["replay", "--again", "--to", stage.topics.elsewhere])
        #expect(again.output.contains("replayed 3 letters to \(stage.topics.elsewhere)"), "\(again.output)")
        #expect(try await stage.read(stage.topics.elsewhere, count: 3).count == 3)
    }

    @Test(.enabled(if: BrokerUnderTest.keepsCommitMetadata, "the broker keeps no metadata of commits"))
    func whatWasReplayedIsRememberedLetterByLetter() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        let codes: [ErrorCode] = [.auth, .timeout, .auth, .rateLimited, .timeout, .auth]
        try await put(codes.enumerated().map { letter(stage, "id-\($0.offset)", $0.element) }, on: stage)
        #expect(try await dlq(stage, ["replay", "--code", "timeout"]).output.contains("replayed 2 letters"))
        #expect(ids(try await listed(stage).filter { $0["replayed"] as? Bool == true }) == ["id-1", "id-4"])
        let limited = try await dlq(stage, ["replay", "--limit", "2"])
        #expect(limited.output.contains("replayed 2 letters"), "\(limited.output)")
        #expect(limited.output.contains("left out 2: replayed before"), "\(limited.output)")
        try await put([letter(stage, "id-6", .timeout)], on: stage)
        let rest = try await dlq(stage, ["replay"])
        #expect(rest.output.contains("replayed 3 letters"), "\(rest.output)")
        let sent = try await stage.read(stage.topics.requests, count: 7)
        #expect(sent.map { $0.key ?? "-" }.sorted() == (0...6).map { "id-\($0)" })
    }

    @Test(.enabled(if: BrokerUnderTest.keepsCommitMetadata, "the broker keeps no metadata of commits"))
    func lettersThatWouldOnlyComeBackAreLeftOut() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        var looping = Lineage(origin: MessageOrigin(topic: stage.topics.requests, partition: 0, offset: 1, timestamp: 5))
        (looping.generation, looping.replays) = (5, 3)
        try await put(
            [
                letter(stage, "loop", .timeout, more: looping.headers),
                Letter(key: nil, value: request("cut"), headers: reason(stage, .internal, isTruncated: true).headers),
                letter(stage, "broken", .invalidJSON), letter(stage, "odd", .missingID), letter(stage, "good", .overloaded),
                Letter(key: nil, value: Array("of another program".utf8)),
            ], on: stage)
        let replay = try await dlq(stage, ["replay"])
        #expect(replay.status == 0)
        #expect(replay.output.contains("replayed 1 letters"), "\(replay.output)")
        #expect(replay.output.contains("left out 1: their requests came back 3 times or more"), "\(replay.output)")
        #expect(replay.output.contains("left out 1: truncated"), "\(replay.output)")
        #expect(replay.output.contains("left out 1: without Switchyard's headers"), "\(replay.output)")
        #expect(replay.output.contains("left out 1: invalid_json"), "\(replay.output)")
        let named = try await dlq(stage, ["replay", "--code", "invalid_json"])
        #expect(named.output.contains("replayed 1 letters"), "\(named.output)")
        let patient = try await dlq(stage, ["replay", "--all", "--max-replays", "4"])
        #expect(patient.output.contains("replayed 2 letters"), "\(patient.output)")
        let sent = try await stage.read(stage.topics.requests, count: 4)
        #expect(sent.map { $0.key ?? "-" }.sorted() == ["broken", "good", "loop", "odd"])
    }

    @Test(.enabled(if: BrokerUnderTest.keepsCommitMetadata, "the broker keeps no metadata of commits"))
    func whatKafkaDoesNotTakeIsNamedAndTheRestIsSent() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        var large = letter(stage, "large", .timeout)
        large.value = request(String(repeating: "x", count: 5_000))
        try await put([letter(stage, "one", .timeout), large, letter(stage, "two", .timeout)], on: stage)
        let replay = try await dlq(stage, ["replay", "--set", "kafka.producer.message.max.bytes=2000"])
        #expect(replay.status == 1)
        #expect(replay.output.contains("replayed 2 letters"), "\(replay.output)")
        #expect(replay.output.contains("not sent: \(stage.topics.deadLetters)/0/1: "), "\(replay.output)")
        #expect(try await dlq(stage, ["replay"]).output.contains("replayed 1 letters"))
        #expect(try await stage.read(stage.topics.requests, count: 3).map { $0.key ?? "-" }.sorted() == ["large", "one", "two"])
    }

    @Test func aRequestThatFailedForItsAccountIsAnsweredWhenItIsReplayed() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1, simulator: ["--latency-ms", "5", "--api-key", "right"]))
        let locked = try await stage.startWorker()
        try await stage.produce([Stage.Message(key: "late", value: request("late"))])
        let refused = try #require(try await stage.read(stage.topics.responses, count: 1).first)
        #expect(refused.object["status"] as? String == "error")
        let letters = try await stage.read(stage.topics.deadLetters, count: 1)
        #expect(letters.first?.header("switchyard-error-code") == "auth")
        #expect(letters.first?.header("switchyard-attempts") == "1")
        locked.send(signal: SIGTERM)
        try await Condition.wait(for: "the first worker's end", atMost: .seconds(60)) { !locked.isRunning }

        let key = try stage.directory.write("right", to: "key")
        let worker = try await stage.startWorker(["--set", "providers.simulator.api_key=file:\(key)"])
        #expect(try await dlq(stage, ["replay"]).output.contains("replayed 1 letters"))
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.map(\.key) == ["late", "late"])
        #expect(responses.map { $0.object["status"] as? String } == ["error", "ok"])

        #expect(try await dlq(stage, ["replay", "--again"]).output.contains("replayed 1 letters"))
        try await Condition.wait(for: "the commit") { try await stage.lag() == 0 }
        let (properties, topic) = (stage.properties, stage.topics.responses)
        let answered = try await BlockingThread.run { () throws in
            try KafkaAdmin(properties: properties, logger: Self.logger).watermarks(topic: topic, partition: 0, timeout: .seconds(10)).high
        }
        #expect(answered == 2, "what has been answered is not answered again")
        #expect(worker.isRunning)
    }

    // MARK: Deleting

    @Test(.enabled(if: BrokerUnderTest.knowsDeleteRecords, "the broker does not know DeleteRecords"))
    func purgingTellsWhatItWouldDeleteAndWhatTheBrokerCannot() async throws {
        let stage = try await Stage(Stage.Options(partitions: 1))
        try await put([.auth, .timeout, .auth, .timeout].enumerated().map { letter(stage, "id-\($0.offset)", $0.element) }, on: stage)
        let unsaid = try await dlq(stage, ["purge"])
        #expect(unsaid.status != 0)
        #expect(unsaid.output.contains("say which letters to delete"), "\(unsaid.output)")
        let dry = try await dlq(stage, ["purge", "--code", "auth", "--dry-run"])
        #expect(dry.status == 0)
        #expect(dry.output.contains("would delete 1 letters"), "\(dry.output)")
        #expect(dry.output.contains("1 letters that are meant lie behind others"), "\(dry.output)")
        #expect(try await dlq(stage, ["purge", "--replayed"]).output.contains("nothing to delete"))
        #expect(try await dlq(stage, ["replay"]).status == 0)
        #expect(try await dlq(stage, ["purge", "--replayed", "--dry-run"]).output.contains("would delete 4 letters"))
        let unasked = try await dlq(stage, ["purge", "--all"])
        #expect(unasked.status != 0)
        #expect(unasked.output.contains("--yes"), "\(unasked.output)")
        let purge = try await dlq(stage, ["purge", "--all", "--yes"])
        if ProcessInfo.processInfo.environment["BROKERS"] == nil {
            #expect(purge.status != 0)
            #expect(purge.output.contains("retention.ms"), "\(purge.output)")
            #expect(try await listed(stage).count == 4)
        } else {
            #expect(purge.status == 0)
            #expect(purge.output.contains("deleted 4 letters"), "\(purge.output)")
            #expect(try await dlq(stage, ["list"]).output.contains("there are no dead letters"))
        }
    }
}
