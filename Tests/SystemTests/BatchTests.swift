import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Requests with `service_tier: batch`, through the whole service: each is answered, and paid for once.
@Suite(.timeLimit(.minutes(5))) struct BatchTests {
    private func request(_ id: String, _ text: String = "hello", more: String = "") -> Stage.Message {
        let body =
            #"{"id":"\#(id)","model":"cheap","service_tier":"batch"\#(more),"messages":[{"role":"user","content":"\#(text) \#(id)"}]}"#
        return Stage.Message(key: id, value: Array(body.utf8))
    }

    private func stage(deadline: Int = 600) async throws -> Stage {
        try await Stage(
            Stage.Options(partitions: 2, more: "batch: {gather_s: 1, poll_s: 1, deadline_s: \(deadline)}"))
    }

    private func arguments(_ provider: BatchProvider, _ dialect: BatchProvider.Dialect) -> [String] {
        let settings = [
            "providers.batcher.base_url=http://127.0.0.1:\(provider.port)/v1",
            "providers.batcher.kind=\(dialect == .openai ? "openai" : "anthropic")", "models.cheap.provider=batcher",
            "models.cheap.model=m",
            "models.cheap.price.input=1", "models.cheap.price.output=2",
        ]
        return settings.flatMap { ["--set", $0] }
    }

    private func isOK(_ response: Stage.Message) -> Bool { response.object["status"] as? String == "ok" }

    private func errorCode(_ response: Stage.Message) -> String? {
        (response.object["error"] as? [String: Any])?["code"] as? String
    }

    private func attempts(_ response: Stage.Message) -> [[String: Any]] { response.object["attempts"] as? [[String: Any]] ?? [] }

    /// All are answered once, and nothing is paid for twice.
    private func expectEachAnsweredAndPaidOnce(_ stage: Stage, _ provider: BatchProvider, count: Int) async throws -> [Stage.Message] {
        let responses = try await stage.read(stage.topics.responses, count: count, atMost: .seconds(120))
        #expect(Set(responses.compactMap(\.key)).count == count)
        #expect(responses.count == count)
        #expect(responses.allSatisfy(isOK), "\(responses.first { !isOK($0) }?.text ?? "")")
        #expect(provider.paid.count == count)
        #expect(provider.paid.values.allSatisfy { $0 == 1 }, "\(provider.paid.filter { $0.value > 1 })")
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        return responses
    }

    @Test(arguments: [BatchProvider.Dialect.openai, .anthropic])
    func whatIsGatheredIsAnsweredForHalfThePrice(_ dialect: BatchProvider.Dialect) async throws {
        let provider = try BatchProvider(dialect)
        let stage = try await stage()
        let worker = try await stage.startWorker(arguments(provider, dialect))
        try await stage.produce((0..<60).map { request("id-\($0)") })
        let responses = try await expectEachAnsweredAndPaidOnce(stage, provider, count: 60)
        #expect(provider.ordinary.isEmpty)
        #expect(provider.batchSizes.reduce(0, +) == 60)
        for response in responses {
            #expect(response.object["cost"] as? Double == 0.001)
            #expect(attempts(response).count == 1)
            #expect(attempts(response).first?["status"] as? Int == 200)
            let message = response.object["message"] as? [String: Any]
            #expect(message?["content"] as? String == "answer to hello \(response.key ?? "")")
        }
        #expect(worker.isRunning)
    }

    @Test func manyRequestsGoThroughSeveralBatches() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 4, simulator: ["--latency-ms", "0", "--batch-seconds", "1"],
                more: "batch: {gather_s: 2, poll_s: 1, max_requests: 1000}"))
        let worker = try await stage.startWorker()
        let requests = (0..<3_000).map { number in
            let body = #"{"id":"id-\#(number)","service_tier":"batch","messages":[{"role":"user","content":"hello \#(number)"}]}"#
            return Stage.Message(key: "id-\(number)", value: Array(body.utf8))
        }
        try await stage.produce(requests)
        let responses = try await stage.read(stage.topics.responses, count: 3_000, atMost: .seconds(120))
        #expect(Set(responses.compactMap(\.key)).count == 3_000)
        #expect(responses.allSatisfy(isOK))
        #expect(responses.allSatisfy { attempts($0).count == 1 })
        #expect(try await stage.simulatorStatistics()["ok"] as? Int == 3_000)
        try await Condition.wait(for: "the commits") { try await stage.lag() == 0 }
        #expect(worker.isRunning)
    }

    // MARK: Crashes

    /// Kills whatever worker there is at the `count`th of these moments, with the answer on its way.
    private final class Killer: Sendable {
        private let state: Mutex<(worker: ChildProcess?, left: Int)>
        let hasKilled = Mutex(false)

        init(at moment: String, count: Int, of provider: BatchProvider) {
            state = Mutex((nil, count))
            provider.setHook { [weak self] now in
                guard let self, "\(now)" == moment else { return true }
                return state.withLock { state in
                    state.left -= 1
                    guard state.left == 0 else { return true }
                    state.worker?.send(signal: SIGKILL)
                    self.hasKilled.withLock { $0 = true }
                    return false
                }
            }
        }

        func watch(_ worker: ChildProcess) { state.withLock { $0.worker = worker } }
    }

    /// OpenAI has two files of results.
    @Test(
        arguments: zip(
            [BatchProvider.Dialect.openai, .anthropic, .openai, .anthropic, .openai],
            [("created", 1), ("created", 1), ("looked", 1), ("results", 1), ("results", 2)]))
    func aWorkerThatDiesLosesNothingAndPaysNothingTwice(_ dialect: BatchProvider.Dialect, _ death: (moment: String, count: Int))
        async throws
    {
        let provider = try BatchProvider(dialect)
        let killer = Killer(at: death.moment, count: death.count, of: provider)
        let stage = try await stage()
        try await stage.produce((0..<40).map { request("id-\($0)") })
        let first = try await stage.startWorker(arguments(provider, dialect))
        killer.watch(first)
        try await Condition.wait(for: "the death", atMost: .seconds(60)) { killer.hasKilled.withLock { $0 } }
        let second = try await stage.startWorker(arguments(provider, dialect))
        _ = try await expectEachAnsweredAndPaidOnce(stage, provider, count: 40)
        #expect(provider.ordinary.isEmpty)
        #expect(provider.batchSizes.reduce(0, +) == 40, "\(provider.batchSizes)")
        #expect(second.isRunning)
    }

    @Test func whereTheAnswerToTheCreationIsLostTheBatchIsFound() async throws {
        let provider = try BatchProvider(.anthropic)
        let losses = Mutex(0)
        provider.setHook { moment in
            guard case .created = moment else { return true }
            return losses.withLock { count in
                count += 1
                return count > 1
            }
        }
        let stage = try await stage()
        let worker = try await stage.startWorker(arguments(provider, .anthropic))
        try await stage.produce((0..<10).map { request("id-\($0)") })
        _ = try await expectEachAnsweredAndPaidOnce(stage, provider, count: 10)
        #expect(provider.batchSizes.reduce(0, +) == 10)
        #expect(worker.isRunning)
    }

    // MARK: What ends without an answer

    @Test(arguments: [BatchProvider.Dialect.openai, .anthropic])
    func atTheDeadlineABatchIsCancelledAndItsRequestsGoTheOrdinaryWay(_ dialect: BatchProvider.Dialect) async throws {
        let provider = try BatchProvider(dialect)
        provider.setEndsByItself(false)
        let stage = try await stage(deadline: 8)
        let worker = try await stage.startWorker(arguments(provider, dialect))
        try await stage.produce((0..<10).map { request("id-\($0)") })
        let responses = try await expectEachAnsweredAndPaidOnce(stage, provider, count: 10)
        #expect(provider.ordinary.count == 10)
        #expect(provider.requests.contains { $0.hasSuffix("/cancel") })
        #expect(responses.allSatisfy { $0.object["cost"] as? Double == 0.002 })
        #expect(worker.isRunning)
    }

    @Test(arguments: [BatchProvider.Dialect.openai, .anthropic])
    func linesWithoutAnAnswerAreAskedAgainOrFail(_ dialect: BatchProvider.Dialect) async throws {
        let provider = try BatchProvider(dialect)
        let stage = try await stage()
        let worker = try await stage.startWorker(arguments(provider, dialect))
        let texts = ["hello", "[expired]", "[missing]", "[status 400]", "[status 500]", "[status 429]"]
        try await stage.produce(texts.enumerated().map { request("id-\($0)", $1) })
        let responses = try await stage.read(stage.topics.responses, count: texts.count, atMost: .seconds(120))
        let byID = Dictionary(responses.compactMap { response in response.key.map { ($0, response) } }) { $1 }
        #expect(byID.count == texts.count)
        #expect(byID["id-0"].map(isOK) == true)
        #expect(byID["id-3"].flatMap(errorCode) == "provider_invalid_request")
        for id in ["id-1", "id-2", "id-4", "id-5"] {
            let response = try #require(byID[id])
            #expect(isOK(response), "\(response.text)")
            // Twice in a batch, and then by itself.
            #expect(attempts(response).count == 3, "\(response.text)")
        }
        #expect(provider.paid.values.allSatisfy { $0 == 1 })
        #expect(provider.ordinary.count == 4)
        #expect(worker.isRunning)
    }

    @Test func anAnswerIsCheckedAgainstItsSchemaAndNoKeyIsTold() async throws {
        let provider = try BatchProvider(.openai)
        let stage = try await stage()
        let worker = try await stage.startWorker(
            arguments(provider, .openai) + ["--set", "providers.batcher.api_key=env:BATCH_KEY"],
            environment: ["BATCH_KEY": "sk-very-secret"])
        let schema = #","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"#
        try await stage.produce([request("misfit", more: schema), request("good")])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.first { $0.key == "misfit" }.flatMap(errorCode) == "schema_mismatch")
        #expect(responses.first { $0.key == "good" }.map(isOK) == true)
        #expect(provider.authorizations == ["Bearer sk-very-secret"])
        #expect(!worker.output.contains("very-secret"))
        #expect(provider.paid.values.allSatisfy { $0 == 1 })
    }

    @Test func aProviderWithoutBatchesIsAskedTheOrdinaryWay() async throws {
        let provider = try BatchProvider(.openai)
        provider.setRefusal((404, #"{"error":{"message":"Not Found","type":"invalid_request_error"}}"#))
        let stage = try await stage()
        let worker = try await stage.startWorker(arguments(provider, .openai))
        try await stage.produce((0..<5).map { request("id-\($0)") })
        _ = try await expectEachAnsweredAndPaidOnce(stage, provider, count: 5)
        #expect(provider.ordinary.count == 5)
        #expect(worker.isRunning)
    }

    @Test func whoseDeadlineComesFirstIsToldSo() async throws {
        let provider = try BatchProvider(.openai)
        provider.setEndsByItself(false)
        let stage = try await stage()
        let worker = try await stage.startWorker(arguments(provider, .openai))
        // With less than a minute there is no time for a batch.
        let soon = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 30))
        try await stage.produce([
            request("late", more: #","deadline":"2026-01-01T00:00:00Z""#), request("soon", more: #","deadline":"\#(soon)""#),
        ])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.first { $0.key == "late" }.flatMap(errorCode) == "deadline_exceeded")
        #expect(responses.first { $0.key == "soon" }.map(isOK) == true)
        #expect(provider.batchSizes.isEmpty)
        #expect(worker.isRunning)
    }

    @Test func whatCannotBeInABatchIsRefused() async throws {
        let provider = try BatchProvider(.openai)
        let stage = try await stage()
        let worker = try await stage.startWorker(
            arguments(provider, .openai) + [
                "--set", "providers.other.kind=cohere", "--set", "providers.other.base_url=http://127.0.0.1:1/v2",
            ])
        let other = #"{"id":"other","model":"other/m","service_tier":"batch","messages":[{"role":"user","content":"x"}]}"#
        try await stage.produce([request("streamed", more: #","stream":true"#), Stage.Message(key: "other", value: Array(other.utf8))])
        let responses = try await stage.read(stage.topics.responses, count: 2)
        #expect(responses.allSatisfy { errorCode($0) == "unsupported" })
        #expect(responses.first { $0.key == "streamed" }?.text.contains("not streamed") == true)
        #expect(responses.first { $0.key == "other" }?.text.contains("cohere has no batches") == true)
        #expect(worker.isRunning)
    }
}
