import Envelope
import EventLoop
import HTTP
import Providers
import Routing

struct Outcome: Equatable, Sendable {
    let text: String
    let attempts: [Int?]
}

/// A router on a loop of its own.
actor RouterUser {
    nonisolated let loop = EventLoop(name: "router")
    private let deployment: Deployment
    private let client: HTTPClientConfiguration
    private let repairs: Bool
    private var open: HTTPClient?
    /// What the router has told of keys, and what streams have brought.
    private(set) var notices: [KeyNotice] = []
    private(set) var deltas: [String] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        port: Int, format: any WireFormat = OpenAIFormat(), keys: [String?] = [nil],
        client: HTTPClientConfiguration = HTTPClientConfiguration(),
        repairs: Bool = false
    ) throws {
        let endpoint = try ProviderEndpoint(
            name: "p", format: format, baseURL: "http://127.0.0.1:\(port)/v1",
            headers: keys.map { format.headers(key: $0, organization: nil) })
        deployment = Deployment(endpoint: endpoint, model: "m-1", price: nil)
        self.client = client
        self.repairs = repairs
    }

    func ask(_ text: String, past: RequestPast = RequestPast()) async -> Outcome {
        let http = open ?? HTTPClient(client, loop: loop)
        open = http
        let router = Router(
            client: http, loop: loop,
            policy: RetryPolicy(maxAttempts: 3, maxTotal: nil, baseDelay: 1, maxDelay: 5, longestInMemory: 1_000),
            budget: RetryBudget(ratio: 1, perSecond: 10), http: client, repairs: repairs, onKeySetAside: { self.note($0) })
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: text.utf8)
        let message = UnsafeRawBufferPointer(bytes)
        guard let request = try? RequestDecoder.decode(message) else { return Outcome(text: "not decoded", attempts: []) }
        let sink = AnswerSink(begin: { self.note("begin") }, add: { self.note(String(decoding: $0.json, as: UTF8.self)) })
        let reply = await router.answer(request, bytes: message, by: deployment, past: past, sink: sink)
        let attempts = reply.attempts.map { $0.status }
        switch reply.outcome {
        case .cancelled: return Outcome(text: "cancelled", attempts: attempts)
        case .postponed(let error, let delay): return Outcome(text: "postponed \(error.code.rawValue) \(Int(delay))", attempts: attempts)
        case .failed(let error): return Outcome(text: "failed \(error.code.rawValue)", attempts: attempts)
        case .answered(let result, let response):
            let body = result.written?.bytes ?? response.body
            let reason = result.finishReason.map { JSONText.string(at: $0, in: body) }
            defer { withExtendedLifetime(reply) {} }
            return Outcome(text: "answered \(reason ?? "")", attempts: attempts)
        }
    }

    func close() {
        open?.close()
        open = nil
    }

    private nonisolated func note(_ notice: KeyNotice) { assumeIsolated { $0.notices.append(notice) } }
    private nonisolated func note(_ delta: String) { assumeIsolated { $0.deltas.append(delta) } }
}
