import Foundation
import TestSupport
import Testing

/// Answers that are used again, as programs on both sides of several workers see them.
@Suite(.timeLimit(.minutes(4))) struct CacheTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func stage(_ cache: String = "mode: deterministic", simulator: [String] = ["--latency-ms", "5"]) async throws -> Stage {
        let secret = (0..<32).map { _ in String(UInt8.random(in: 16 ... .max), radix: 16) }.joined()
        let path = try directory.write(secret, to: "secret")
        return try await Stage(Stage.Options(simulator: simulator, more: "cache: {\(cache)}\nencryption: {key: \"file:\(path)\"}"))
    }

    private func redis(_ stage: Stage, _ command: String...) async throws -> String {
        try await Program.run("redis-cli", ["-p", "\(stage.redis.port)"] + command).output
    }

    private func request(_ id: String, _ question: String, _ more: String = #","temperature":0"#) -> Stage.Message {
        Stage.Message(key: id, value: Array(#"{"id":"\#(id)","messages":[{"role":"user","content":"\#(question)"}]\#(more)}"#.utf8))
    }

    private func calls(_ stage: Stage) async throws -> Int { try await stage.simulatorStatistics()["requests"] as? Int ?? 0 }

    private func outcome(_ message: Stage.Message) -> String? { message.object["cache"] as? String }

    @Test func ofManyThatAreTheSameOneIsCalledForByTheWholeFleet() async throws {
        let stage = try await stage(simulator: ["--latency-ms", "1500"])
        let workers = [try await stage.startWorker(), try await stage.startWorker()]
        try await stage.produce((0..<200).map { request("id-\($0)", "the same?") })
        let responses = try await stage.read(stage.topics.responses, count: 200)
        #expect(Set(responses.compactMap(\.key)).count == 200)
        #expect(try await calls(stage) == 1)
        #expect(responses.count { outcome($0) == "miss" } == 1 && responses.count { outcome($0) == "hit" } == 199)
        let texts = Set(responses.compactMap { ($0.object["message"] as? [String: Any])?["content"] as? String })
        #expect(texts.count == 1)
        let hits = responses.filter { outcome($0) == "hit" }
        #expect(hits.allSatisfy { $0.object["cost"] as? Double == 0 && ($0.object["attempts"] as? [Any])?.isEmpty == true })
        let events = try await stage.read(stage.topics.events, count: 200)
        #expect(events.count { outcome($0) == "hit" } == 199)
        #expect(workers.allSatisfy { $0.isRunning })
    }

    @Test func aRequestSaysHowItIsCached() async throws {
        let stage = try await stage()
        let worker = try await stage.startWorker()
        let course: [(more: String, outcome: String)] = [
            (#","temperature":0"#, "miss"), (#","temperature":0.0"#, "hit"), (#","temperature":0,"cache":false"#, "none"),
            (#","temperature":0,"cache":{"mode":"refresh"}"#, "miss"), (#","stream":true,"temperature":0"#, "hit"),
            ("", "none"), (#","cache":true"#, "miss"), (#","cache":{"ttl_s":5}"#, "hit"),
            (#","temperature":0,"tenant":"acme""#, "miss"), (#","temperature":0,"tenant":"acme","priority":9"#, "hit"),
        ]
        for (number, step) in course.enumerated() {
            try await stage.produce([request("id-\(number)", "how?", step.more)])
            let response = try await stage.read(stage.topics.responses, count: number + 1).first { $0.key == "id-\(number)" }
            #expect(response.flatMap { outcome($0) } == step.outcome, "\(step)")
            #expect(response?.object["status"] as? String == "ok")
        }
        #expect(try await calls(stage) == course.count { $0.outcome != "hit" })
        // The streamed one was a hit, and comes as one piece.
        let chunks = try await stage.read(stage.topics.chunks, count: 1)
        #expect(chunks[0].object["final"] as? Bool == true && chunks[0].object["delta"] != nil)
        #expect(worker.isRunning)
    }

    @Test func rotatedKeysServeBothGenerationsAndTamperingIsTold() async throws {
        let stage = try await stage("mode: all, memory_max_bytes: 0")
        let worker = try await stage.startWorker()
        var count = 0
        func ask(_ questions: Range<Int>, _ id: String) async throws -> [String] {
            try await stage.produce(questions.map { request("\(id)-\($0)", "question \($0)?", "") })
            count += questions.count
            let responses = try await stage.read(stage.topics.responses, count: count).filter { $0.key?.hasPrefix("\(id)-") == true }
            return responses.compactMap(outcome)
        }
        #expect(try await ask(0..<20, "a") == Array(repeating: "miss", count: 20))
        let rotated = try await Program.run(["keys", "rotate", "--config", stage.configuration])
        #expect(rotated.status == 0 && rotated.output.hasPrefix("made the data key "), "\(rotated.output)")
        let listed = try await Program.run(["keys", "list", "--config", stage.configuration])
        #expect(listed.output.split(separator: "\n").count == 3 && listed.output.contains("in use") && listed.output.contains("older"))
        #expect(try await ask(0..<20, "b") == Array(repeating: "hit", count: 20))
        #expect(try await ask(20..<40, "c") == Array(repeating: "miss", count: 20))
        #expect(try await ask(0..<40, "d") == Array(repeating: "hit", count: 40))
        let names = try await redis(stage, "KEYS", "sy:{cache:*}:v:*").split(separator: "\n").map(String.init)
        #expect(names.count == 40)
        for name in names {
            #expect(try await redis(stage, "GET", name).contains("question") == false)
            _ = try await redis(stage, "SETRANGE", name, "30", "tampered")
        }
        #expect(try await ask(0..<40, "e") == Array(repeating: "miss", count: 40))
        let events = try await stage.read(stage.topics.events, count: 2 * 20 + 20 + 40 + 2 * 40)
        #expect(events.count { $0.object["event"] as? String == "cache.tampered" } == 40)
        #expect(worker.isRunning)
    }

    @Test func questionsThatMeanTheSameHaveOneAnswer() async throws {
        let stage = try await stage("mode: all, memory_max_bytes: 0, semantic: {model: simulator/embed}")
        let searching = try SearchingRedis(before: stage.redis)
        let worker = try await stage.startWorker(["--set", "redis.url=redis://127.0.0.1:\(searching.port)"])
        // The simulator's vectors tell texts apart, and nothing else: the name makes another request of the same question.
        func question(_ text: String, name: String? = nil, system: String = "be short", _ more: String = "") -> String {
            let name = name.map { #","name":"\#($0)""# } ?? ""
            return #""messages":[{"role":"system","content":"\#(system)"},{"role":"user","content":"\#(text)"\#(name)}]\#(more)"#
        }
        let course: [(fields: String, outcome: String)] = [
            (question("what is it?"), "miss"), (question("what is it?", name: "ann"), "hit"), (question("something else"), "miss"),
            (question("what is it?", name: "ann", system: "be long"), "miss"),
            (question("what is it?", name: "bob", #","max_tokens":5"#), "miss"),
            (question("what is it?", name: "cid", #","cache":false"#), "none"), (question("what is it?", name: "ann"), "hit"),
        ]
        var texts: [String?] = []
        for (number, step) in course.enumerated() {
            try await stage.produce([Stage.Message(key: "id-\(number)", value: Array(#"{"id":"id-\#(number)",\#(step.fields)}"#.utf8))])
            let response = try await stage.read(stage.topics.responses, count: number + 1).first { $0.key == "id-\(number)" }
            #expect(response.flatMap { outcome($0) } == step.outcome, "\(number)")
            texts.append((response?.object["message"] as? [String: Any])?["content"] as? String)
        }
        #expect(texts[1] == texts[0] && texts[6] == texts[0] && texts[2] != texts[0])
        // What is the same as before is not embedded again.
        #expect(searching.searches == 5)
        #expect(worker.isRunning)
    }

    @Test func aSemanticCacheIsRefusedWhereRedisCannotSearch() async throws {
        let stage = try await stage("mode: all, semantic: {model: simulator/embed}")
        let result = try await Program.run(["work", "--config", stage.configuration])
        #expect(result.status != 0 && result.output.contains("needs vector search") && result.output.contains("unknown command"))
    }

    @Test func withoutAKeyTheCacheIsRefusedInWordsThatHelp() async throws {
        let stage = try await Stage(Stage.Options(more: "cache: {mode: all}"))
        let check = try await Program.run(["config", "check", "--config", stage.configuration])
        #expect(
            check.status != 0 && check.output.contains("encryption.key must be set") && check.output.contains("openssl rand -base64 32"))
    }
}
