internal import Envelope
internal import EventLoop
internal import HTTP
internal import Providers

/// A request as it goes to its deployment, and the key that it goes with.
struct OutgoingCall: ~Copyable {
    var http: HTTPRequest
    let type: RequestType
    let isStreamed: Bool
    let deployment: Deployment
    /// What `http` has as its body.
    private let body: ByteWriter
    private var key = 0
    /// Keys that the request was refused with.
    private var refusals = 0

    var format: any WireFormat { deployment.endpoint.format }

    /// - Throws: `ProviderError` if the provider has not what the request asks for.
    init(
        _ request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, to deployment: Deployment
    ) throws(ProviderError) {
        let endpoint = deployment.endpoint
        self.deployment = deployment
        type = request.type
        isStreamed = request.stream
        let target = try endpoint.target(for: request.type, isStreamed: request.stream, model: deployment.model)
        let call = ModelCall(
            request, bytes: bytes, model: deployment.model, defaultMaxTokens: deployment.maxTokens,
            asksForStreamUsage: endpoint.asksForStreamUsage)
        var writer = ByteWriter(capacity: bytes.count + 64)
        try endpoint.format.writeBody(call, into: &writer)
        http = HTTPRequest(.post, target: target, headers: endpoint.headers(of: 0), body: writer.bytes)
        body = writer
    }

    /// Forgets which keys have refused the request: after a pause they may be tried again.
    mutating func beginAnew() {
        refusals = 0
    }

    /// Takes the key for the next attempt.
    ///
    /// - Throws: that all keys are set aside; retryable if that is only for a while.
    mutating func takeKey() throws(ProviderError) {
        let endpoint = deployment.endpoint
        switch endpoint.takeKey(for: deployment.model) {
        case .key(let index):
            key = index
            http.headers = endpoint.headers(of: index)
        case .none(let reason, let until):
            let wait = max(0, until.milliseconds(since: .now))
            if reason == .rateLimited {
                throw ProviderError(
                    code: .rateLimited, message: "\(endpoint.name) has asked to be left alone for a longer while",
                    retryAfterMilliseconds: Int(wait))
            }
            throw ProviderError(
                code: reason,
                message:
                    "\(endpoint.name) has refused its \(endpoint.keyCount == 1 ? "key" : "keys") a short while ago; the next trial is in \(max(1, Int(wait / 1_000))) s, so check providers.\(endpoint.name).api_key and the account"
            )
        }
    }

    /// Takes a certain key for the next attempt.
    ///
    /// - Returns: false if it has been set aside.
    mutating func takeKey(_ index: Int) -> Bool {
        guard deployment.endpoint.takeKey(index, for: deployment.model) else { return false }
        key = index
        http.headers = deployment.endpoint.headers(of: index)
        return true
    }

    /// The call was not refused for its key's sake.
    ///
    /// - Parameter isAccepted: whether the key is known to be good.
    borrowing func keyFinished(isAccepted: Bool) {
        deployment.endpoint.keyFinished(key, model: deployment.model, isAccepted: isAccepted)
    }

    /// Tells the provider's keys of a failed call.
    ///
    /// - Returns: what to tell others, if the key has been set aside by it.
    mutating func keyFailed(_ failure: ProviderError) -> KeyNotice? {
        let endpoint = deployment.endpoint
        let fault: KeyRing.Fault
        switch failure.code {
        case .auth, .quotaExhausted: fault = .key
        case .permission: fault = .model(deployment.model)
        case .rateLimited:
            keyFinished(isAccepted: true)
            fault = .rate(deployment.model, milliseconds: Double(failure.retryAfterMilliseconds ?? 0))
        default:
            // A request that is refused for its own sake may not even have been looked at for its key.
            keyFinished(isAccepted: false)
            return nil
        }
        refusals += 1
        guard let pause = endpoint.keyRefused(key, fault, reason: failure.code) else { return nil }
        return KeyNotice(
            provider: endpoint.name, key: key + 1, count: endpoint.keyCount,
            model: failure.code == .permission || failure.code == .rateLimited ? deployment.model : nil,
            reason: failure.code, pause: pause)
    }

    /// An error without what no message may repeat.
    borrowing func withoutSecrets(_ error: ProviderError) -> ProviderError {
        error.hiding(deployment.endpoint.secrets)
    }

    /// Whether the same request may be accepted with another key.
    borrowing func mayUseAnotherKey(after failure: ProviderError) -> Bool {
        switch failure.code {
        case .auth, .permission, .quotaExhausted: refusals < deployment.endpoint.keyCount
        case .rateLimited: refusals < deployment.endpoint.keyCount && deployment.endpoint.hasRestedKey(for: deployment.model)
        default: false
        }
    }
}
