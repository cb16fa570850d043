import Foundation
import TestSupport
import Testing

/// Limits and budgets, as programs on both sides of several workers see them.
@Suite(.timeLimit(.minutes(4))) struct LimitTests {
    private func request(_ id: String, tenant: String? = nil) -> Stage.Message {
        let tenant = tenant.map { #","tenant":"\#($0)""# } ?? ""
        return Stage.Message(
            key: id, value: Array(#"{"id":"\#(id)"\#(tenant),"messages":[{"role":"user","content":"hello \#(id)"}]}"#.utf8))
    }

    private func code(_ message: Stage.Message) -> String? { (message.object["error"] as? [String: Any])?["code"] as? String }

    @Test func workersShareALimitOfCallsAtOnceAndAreSeenByEachOther() async throws {
        let stage = try await Stage(Stage.Options(simulator: ["--latency-ms", "40"]))
        let limits = ["--set", "providers.simulator.limits.concurrency=3"]
        let workers = [try await stage.startWorker(limits), try await stage.startWorker(limits)]
        try await stage.produce((0..<60).map { request("id-\($0)") })
        let responses = try await stage.read(stage.topics.responses, count: 60)
        #expect(responses.allSatisfy { $0.object["status"] as? String == "ok" })
        #expect(Set(responses.compactMap(\.key)).count == 60)
        let peak = try await stage.simulatorStatistics()["peak_in_flight"] as? Int ?? 0
        #expect((1...3).contains(peak))
        let waits = responses.compactMap { ($0.object["timings"] as? [String: Any])?["limited"] as? Double }
        #expect(waits.count == 60 && waits.contains { $0 > 40 })
        try await Condition.wait(for: "both workers in the fleet") {
            let top = try await Program.run(["top", "--json", "--config", stage.configuration])
            return top.output.components(separatedBy: #""version":"#).count - 1 == 2
        }
        #expect(workers.allSatisfy { $0.isRunning })
    }

    @Test func aTenantThatHasUsedUpItsBudgetIsTurnedAwayAndTheOthersAreNot() async throws {
        let stage = try await Stage(
            Stage.Options(
                partitions: 1, simulator: ["--latency-ms", "5", "--output-tokens", "60"], worker: ["max_in_flight: 1"], loops: 1,
                more: "tenants: {acme: {budget: {tokens_per_day: 200, soft_percent: 50}}}"))
        let worker = try await stage.startWorker()
        try await stage.produce((0..<12).map { request("acme-\($0)", tenant: "acme") } + (0..<12).map { request("other-\($0)") })
        let responses = try await stage.read(stage.topics.responses, count: 24)
        let acmes = responses.filter { $0.key?.hasPrefix("acme") == true }
        let refused = acmes.filter { code($0) == "budget_exceeded" }
        let used = acmes.filter { code($0) == nil }.compactMap { $0.object["usage"] as? [String: Any] }
            .reduce(0) { $0 + ($1["input"] as? Int ?? 0) + ($1["output"] as? Int ?? 0) }
        // As it is one at a time, the last one let through is the one that has used it up.
        #expect(refused.count >= 1 && used >= 200, "\(refused.count) \(used)")
        #expect(acmes.count == 12 && responses.filter { code($0) == nil }.count == 24 - refused.count)
        let letters = try await stage.read(stage.topics.deadLetters, count: refused.count)
        #expect(letters.allSatisfy { $0.header("switchyard-error-code") == "budget_exceeded" })
        let events = try await stage.read(stage.topics.events, count: 26).compactMap { $0.object["event"] as? String }
        #expect(events.filter { $0.hasPrefix("budget.") }.sorted() == ["budget.exceeded", "budget.soft"])
        #expect(worker.isRunning)
    }
}
