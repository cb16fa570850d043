internal import Foundation
internal import Synchronization

/// A provider with OpenAI's or Anthropic's batch API, and with single calls, that counts what it is paid for. Batches end by
/// themselves, or when they are told to.
///
/// The text of a prompt says what comes of it in a batch: `[expired]`, `[cancelled]`, `[missing]`, `[status N]`, or else an answer.
package final class BatchProvider: Sendable {
    package enum Dialect: Sendable {
        case openai
        case anthropic
    }

    /// What a client has asked for, and is about to be answered.
    package enum Moment: Sendable {
        case uploaded
        case created
        case listed
        case looked
        case cancelled
        case results
    }

    /// How long a batch runs that ends by itself.
    private static let length = Duration.seconds(2)

    private struct Line {
        let name: String
        let prompt: String
    }

    private struct Batch {
        let id: String
        let name: String?
        let lines: [Line]
        let created: Int
        let end = ContinuousClock.now + BatchProvider.length
        var isCancelled = false
        var results: [String]?
    }

    private struct State {
        var files: [String: String] = [:]
        var batches: [Batch] = []
        var paid: [String: Int] = [:]
        var ordinary: [String] = []
        var requests: [String] = []
        var authorizations: Set<String> = []
        var endsByItself = true
        var refusal: (status: Int, body: String)?
        var failure: String?
        var hook: (@Sendable (Moment) -> Bool)?
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private let server: ScriptedServer
    private let shared: Shared

    package init(_ dialect: Dialect) throws {
        let shared = Shared()
        self.shared = shared
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                guard let answer = Self.answer(request, dialect, shared) else { return }
                guard connection.write(answer) else { return }
            }
        }
    }

    package var port: Int { server.port }

    /// How often each prompt was paid for.
    package var paid: [String: Int] { shared.state.withLock { $0.paid } }
    /// The prompts of single calls.
    package var ordinary: [String] { shared.state.withLock { $0.ordinary } }
    /// How many requests each batch has.
    package var batchSizes: [Int] { shared.state.withLock { $0.batches.map(\.lines.count) } }
    /// Method and path of each call.
    package var requests: [String] { shared.state.withLock { $0.requests } }

    /// The keys that calls were made with.
    package var authorizations: Set<String> { shared.state.withLock { $0.authorizations } }

    /// Whether a batch ends two seconds after it was created.
    package func setEndsByItself(_ does: Bool) {
        shared.state.withLock { $0.endsByItself = does }
    }

    package func endAll() {
        shared.state.withLock { state in
            for index in state.batches.indices { Self.end(index, &state) }
        }
    }

    /// Answers the creation of batches so; nil for as usual.
    package func setRefusal(_ refusal: (status: Int, body: String)?) {
        shared.state.withLock { $0.refusal = refusal }
    }

    /// OpenAI's batches fail with that code when they are looked at; nil for as usual.
    package func setFailure(_ code: String?) {
        shared.state.withLock { $0.failure = code }
    }

    /// Called before each answer of the batch API. Where it returns false, the connection is closed instead.
    package func setHook(_ hook: (@Sendable (Moment) -> Bool)?) {
        shared.state.withLock { $0.hook = hook }
    }

    // MARK: Requests

    private static func answer(_ request: String, _ dialect: Dialect, _ shared: Shared) -> String? {
        let line = request.prefix { $0 != "\r\n" }.split(separator: " ")
        guard line.count >= 2, let end = request.range(of: "\r\n\r\n") else { return nil }
        let (method, body) = (String(line[0]), String(request[end.upperBound...]))
        let path = String(line[1].split(separator: "?")[0]).replacingOccurrences(of: "/v1", with: "")
        let (moment, status, answer, hook) = shared.state.withLock { state in
            state.requests.append("\(method) \(path)")
            let key = request[..<end.lowerBound].split(separator: "\r\n").first { $0.lowercased().hasPrefix("authorization: ") }
            if let key { state.authorizations.insert(String(key.dropFirst("authorization: ".count))) }
            let (moment, status, answer) = respond(method, path, body, dialect, &state)
            return (moment, status, answer, state.hook)
        }
        if let moment, let hook, !hook(moment) { return nil }
        return "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)"
    }

    private static func respond(
        _ method: String, _ path: String, _ body: String, _ dialect: Dialect, _ state: inout State
    ) -> (Moment?, Int, String) {
        let parts = path.split(separator: "/").map { String($0) }
        if state.endsByItself {
            for index in state.batches.indices where state.batches[index].end <= .now { end(index, &state) }
        }
        let root = dialect == .openai ? ["batches"] : ["messages", "batches"]
        if method == "POST", path == "/files" {
            let id = "file-\(state.files.count)"
            state.files[id] = body
            return (.uploaded, 200, json(["id": id, "object": "file", "purpose": "batch"]))
        }
        if method == "GET", parts.count == 3, parts[0] == "files", parts[2] == "content" {
            return (.results, 200, state.files[parts[1]] ?? "")
        }
        if parts == root, method == "POST" {
            if let refusal = state.refusal { return (nil, refusal.status, refusal.body) }
            state.batches.append(made(object(body), dialect, state))
            return (.created, 200, json(described(state.batches[state.batches.count - 1], dialect, state)))
        }
        if parts == root, method == "GET" {
            let listed = state.batches.reversed().map { described($0, dialect, state) }
            return (.listed, 200, json(["data": listed, "has_more": false]))
        }
        if parts.starts(with: root), parts.count > root.count, let index = state.batches.firstIndex(where: { $0.id == parts[root.count] }) {
            switch parts.count - root.count {
            case 1:
                return (.looked, 200, json(described(state.batches[index], dialect, state)))
            case 2 where parts.last == "cancel":
                state.batches[index].isCancelled = true
                end(index, &state)
                return (.cancelled, 200, json(described(state.batches[index], dialect, state)))
            default:
                return (.results, 200, (state.batches[index].results ?? []).joined())
            }
        }
        if method == "POST", parts == ["chat", "completions"] || parts == ["messages"] {
            let prompt = prompt(of: object(body))
            state.ordinary.append(prompt)
            state.paid[prompt, default: 0] += 1
            return (nil, 200, json(message(prompt, dialect)))
        }
        return (nil, 404, json(["error": ["message": "there is no \(path)", "type": "not_found_error"]]))
    }

    private static func made(_ request: [String: Any], _ dialect: Dialect, _ state: State) -> Batch {
        let lines: [Line]
        switch dialect {
        case .openai:
            let file = state.files[request["input_file_id"] as? String ?? ""] ?? ""
            lines = file.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }.map { line in
                let line = object(String(line))
                return Line(name: line["custom_id"] as? String ?? "", prompt: prompt(of: line["body"] as? [String: Any] ?? [:]))
            }
        case .anthropic:
            lines = (request["requests"] as? [[String: Any]] ?? []).map { line in
                Line(name: line["custom_id"] as? String ?? "", prompt: prompt(of: line["params"] as? [String: Any] ?? [:]))
            }
        }
        return Batch(
            id: "batch_\(state.batches.count)", name: (request["metadata"] as? [String: String])?["switchyard"], lines: lines,
            created: Int(Date().timeIntervalSince1970))
    }

    private static func described(_ batch: Batch, _ dialect: Dialect, _ state: State) -> [String: Any] {
        let hasEnded = batch.results != nil
        switch dialect {
        case .openai:
            var answer: [String: Any] = [
                "id": batch.id, "object": "batch", "created_at": batch.created,
                "status": hasEnded ? (batch.isCancelled ? "cancelled" : "completed") : "in_progress",
                "request_counts": ["total": batch.lines.count, "completed": 0, "failed": 0],
            ]
            if let name = batch.name { answer["metadata"] = ["switchyard": name] }
            if let failure = state.failure {
                answer["status"] = "failed"
                answer["errors"] = ["object": "list", "data": [["code": failure, "message": "refused"]]]
            } else if hasEnded {
                answer["output_file_id"] = "\(batch.id)-output"
                answer["error_file_id"] = "\(batch.id)-errors"
            }
            return answer
        case .anthropic:
            return [
                "id": batch.id, "type": "message_batch", "processing_status": hasEnded ? "ended" : "in_progress",
                "created_at": ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(batch.created))),
                "request_counts": [
                    "processing": hasEnded ? 0 : batch.lines.count, "succeeded": hasEnded ? batch.lines.count : 0, "errored": 0,
                    "canceled": 0, "expired": 0,
                ],
            ]
        }
    }

    // MARK: Results

    private static func end(_ index: Int, _ state: inout State) {
        guard state.batches[index].results == nil else { return }
        let batch = state.batches[index]
        let isOpenAI = batch.name != nil
        var (answers, errors): ([String], [String]) = ([], [])
        for line in batch.lines.shuffled() {
            if line.prompt.contains("[missing]") { continue }
            let outcome = batch.isCancelled ? "cancelled" : ["expired", "cancelled"].first { line.prompt.contains("[\($0)]") }
            if let outcome {
                errors.append(
                    isOpenAI ? openAI(line, lost: outcome) : anthropic(line, ["type": outcome == "expired" ? "expired" : "canceled"]))
            } else if let mark = line.prompt.range(of: "[status "), let status = Int(line.prompt[mark.upperBound...].prefix { $0 != "]" }) {
                let error: [String: Any] = [
                    "type": status == 400 ? "invalid_request_error" : status == 429 ? "rate_limit_error" : "api_error", "message": "no",
                ]
                errors.append(
                    isOpenAI
                        ? openAI(line, status, ["error": error])
                        : anthropic(line, ["type": "errored", "error": ["type": "error", "error": error]]))
            } else {
                state.paid[line.prompt, default: 0] += 1
                let answer = message(line.prompt, isOpenAI ? .openai : .anthropic)
                answers.append(isOpenAI ? openAI(line, 200, answer) : anthropic(line, ["type": "succeeded", "message": answer]))
            }
        }
        state.batches[index].results = answers + errors
        state.files["\(batch.id)-output"] = answers.joined()
        state.files["\(batch.id)-errors"] = errors.joined()
    }

    private static func openAI(_ line: Line, _ status: Int, _ body: [String: Any]) -> String {
        json([
            "id": "batch_req", "custom_id": line.name, "response": ["status_code": status, "request_id": "r", "body": body],
            "error": NSNull(),
        ])
            + "\n"
    }

    private static func openAI(_ line: Line, lost: String) -> String {
        json(["id": "batch_req", "custom_id": line.name, "response": NSNull(), "error": ["code": "batch_\(lost)", "message": "not begun"]])
            + "\n"
    }

    private static func anthropic(_ line: Line, _ result: [String: Any]) -> String {
        json(["custom_id": line.name, "result": result]) + "\n"
    }

    private static func message(_ prompt: String, _ dialect: Dialect) -> [String: Any] {
        switch dialect {
        case .openai:
            [
                "id": "c", "object": "chat.completion", "model": "m",
                "choices": [["index": 0, "message": ["role": "assistant", "content": "answer to \(prompt)"], "finish_reason": "stop"]],
                "usage": ["prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500],
            ]
        case .anthropic:
            [
                "id": "m", "type": "message", "role": "assistant", "model": "m",
                "content": [["type": "text", "text": "answer to \(prompt)"]], "stop_reason": "end_turn",
                "usage": ["input_tokens": 1_000, "output_tokens": 500],
            ]
        }
    }

    private static func prompt(of body: [String: Any]) -> String {
        let content = (body["messages"] as? [[String: Any]])?.first?["content"]
        return content as? String ?? (content as? [[String: Any]])?.first?["text"] as? String ?? ""
    }

    private static func object(_ text: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    private static func json(_ object: [String: Any]) -> String {
        String(decoding: (try? JSONSerialization.data(withJSONObject: object)) ?? Data(), as: UTF8.self)
    }
}
