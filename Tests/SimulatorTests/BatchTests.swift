import TestSupport
import Testing

@testable import Simulator

@Suite struct BatchTests {
    /// Whatever is asked and canceled, and whenever one looks: each request is answered at most once, and in the end has one outcome.
    @Test func endsOnceWithAnOutcomeForEachRequest() {
        var random = Seeds.stream()
        for _ in 0..<5_000 {
            let count = 1 + Int(random.next() % 20)
            var batch = batch(count: count, duration: .milliseconds(Int(random.next() % 1000)))
            var (now, answered, ends, canceledAt): (Int64, [String], Int, Int64?) = (0, [], 0, nil)
            for _ in 0..<6 {
                now += Int64(random.next() % 500) * 1_000_000
                if random.next() % 4 == 0 {
                    if batch.endedAt == nil { canceledAt = canceledAt ?? now }
                    batch.cancel(at: moment(now))
                }
                let hasEnded = batch.settle(at: moment(now)) { request in
                    answered.append(request.customID)
                    return BatchOutcome(kind: .succeeded)
                }
                ends += hasEnded ? 1 : 0
                let isDue = Duration.nanoseconds(now) >= batch.duration || canceledAt != nil
                #expect((batch.endedAt != nil) == isDue)
            }
            #expect(ends == (batch.endedAt == nil ? 0 : 1) && Set(answered).count == answered.count)
            guard batch.endedAt != nil else { continue }
            #expect(batch.outcomes.count == count && batch.count(.succeeded) == answered.count)
            #expect(batch.count(.succeeded) + batch.count(.canceled) == count)
            #expect(answered == (0..<answered.count).map { "\"\($0)\"" }, "in the order of the requests")
            if canceledAt == nil { #expect(answered.count == count) }
        }
    }

    @Test func whatWasAnsweredBeforeACancellationIsAnswered() {
        var batch = batch(count: 10, duration: .seconds(1))
        batch.cancel(at: moment(500_000_000))
        batch.cancel(at: moment(900_000_000))
        #expect(batch.settle(at: moment(950_000_000)) { _ in BatchOutcome(kind: .succeeded) })
        #expect(batch.count(.succeeded) == 5 && batch.count(.canceled) == 5)
    }

    @Test func aBatchWithAProblemIsNeverBegun() {
        var batch = Batch(id: "b", key: "", requests: [], problem: BatchProblem(code: "c", message: "m"), duration: .zero, at: moment(0))
        batch.cancel(at: moment(1))
        #expect(!batch.settle(at: moment(2)) { _ in BatchOutcome(kind: .succeeded) } && batch.canceledAt == nil)
    }

    @Test(
        arguments: [
            ("", "empty_file", nil), ("\n \n", "empty_file", nil), ("{", "invalid_json_line", 1),
            (line("a") + "\n" + line("a"), "duplicate_custom_id", 2),
            ("\n" + #"{"custom_id":"a"}"#, "missing_required_parameter", 2), (line("a", url: "/v1/embeddings"), "mismatched_endpoint", 1),
        ] as [(String, String, Int?)])
    func tellsWhatIsWrongWithAFile(_ file: String, _ code: String, _ line: Int?) {
        let problem = #expect(throws: BatchProblem.self) {
            try OpenAIBatchFormat.requests(Array(file.utf8), endpoint: "\"/v1/chat/completions\"")
        }
        #expect(problem?.code == code && problem?.line == line)
    }

    // MARK: Forms

    @Test func readsFormsOfAnyBytes() throws {
        var random = Seeds.stream()
        for _ in 0..<500 {
            let content = (0..<(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next() % 3 == 0 ? 0x0D : random.next()) }
            let body = form([("purpose", nil, Array("batch".utf8)), ("file", "a.jsonl", content)])
            let read = try #require(MultipartForm(body, contentType: "multipart/form-data; boundary=\"xyz\""))
            #expect(read["file"]?.bytes == content && read["file"]?.fileName == "a.jsonl" && read["purpose"]?.bytes == Array("batch".utf8))
            var damaged = body
            for _ in 0...(random.next() % 4) {
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            damaged.removeLast(Int(random.next() % UInt64(damaged.count)))
            _ = MultipartForm(damaged, contentType: "multipart/form-data; boundary=xyz")
        }
        #expect(MultipartForm(form([]), contentType: "application/json") == nil)
    }

    // MARK: Over a connection

    @Test func countsEachRequestOnceWhenTheBatchHasEnded() async throws {
        var options = quick
        options.batchSeconds = 1
        options.limits.requestsPerMinute = 1
        try await withSimulator(options) { simulator, connection in
            let requests = (0..<20).map {
                #"{"custom_id":"\#($0)","params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"\#($0)"}]}}"#
            }
            let headers = ["anthropic-version: 2023-06-01", "x-api-key: night"]
            let body = "{\"requests\":[\(requests.joined(separator: ","))]}"
            let begun = try #require(try connection.call("POST", "/v1/messages/batches", body, headers: headers))
            #expect(begun.status == 200 && simulator.statistics.requests == 0)
            try await Condition.wait(for: "the batch to end") { simulator.statistics.ok == 20 }
            #expect(simulator.statistics.keys["night"] == KeyStatistics(requests: 20, ok: 20, inFlight: 0, peakInFlight: 1))
            #expect(simulator.statistics.requests == 20 && simulator.statistics.repeatedOK == 0 && simulator.statistics.peakInFlight == 1)
            let id = try #require(begun.json["id"] as? String)
            let results = try #require(try connection.call("GET", "/v1/messages/batches/\(id)/results", headers: headers))
            #expect(results.body.split(separator: "\n").count == 20 && results.headers["content-type"] == "application/x-jsonl")
            #expect(simulator.statistics.ok == 20, "looking costs nothing")
        }
    }

    @Test(arguments: [
        ("GET", "/v1/files", 404), ("POST", "/v1/files", 400), ("GET", "/v1/files/file-none", 404), ("GET", "/v1/batches/none", 404),
        ("POST", "/v1/batches/none/cancel", 404), ("DELETE", "/v1/batches/none", 405), ("POST", "/v1/batches", 400),
        ("GET", "/v1/batches/a/b/c", 404),
        ("GET", "/v1/messages/batches/none/results", 404), ("POST", "/v1/messages/batches", 400), ("GET", "/v1/messages/other", 404),
    ])
    func refusesWhatIsNotInOrder(_ method: String, _ path: String, _ status: Int) async throws {
        try await withSimulator { simulator, connection in
            let answer = try #require(try connection.call(method, path, "{}", headers: ["anthropic-version: 2023-06-01"]))
            #expect(answer.status == status && answer.json["error"] != nil && simulator.statistics[.invalidRequest] == 1)
        }
    }

    // MARK: Making them

    private func batch(count: Int, duration: Duration) -> Batch {
        let requests = (0..<count).map { BatchRequest(customID: "\"\($0)\"", endpoint: .chat, body: []) }
        return Batch(id: "b", key: "k", requests: requests, duration: duration, at: moment(0))
    }

    private func moment(_ nanoseconds: Int64) -> Batch.Moment {
        Batch.Moment(nanoseconds: nanoseconds, seconds: Int(nanoseconds / 1_000_000_000))
    }

    private func form(_ fields: [(name: String, file: String?, content: [UInt8])]) -> [UInt8] {
        var body: [UInt8] = []
        for field in fields {
            let file = field.file.map { "; filename=\"\($0)\"" } ?? ""
            body += Array("--xyz\r\nContent-Disposition: form-data; name=\"\(field.name)\"\(file)\r\nContent-Type: x/y\r\n\r\n".utf8)
            body += field.content + Array("\r\n".utf8)
        }
        return body + Array("--xyz--\r\n".utf8)
    }
}

private func line(_ id: String, url: String = "/v1/chat/completions") -> String {
    #"{"custom_id":"\#(id)","method":"POST","url":"\#(url)","body":{}}"#
}
