internal import NIOCore
internal import Synchronization

/// What all connections share: the options, and the ledger behind a lock.
final class Simulation: Sendable {
    let options: SimulationOptions
    private let ledger: Mutex<Ledger>
    let batches: Mutex<BatchStore>

    init(_ options: SimulationOptions) {
        self.options = options
        ledger = Mutex(Ledger(options.limits))
        batches = Mutex(BatchStore(seed: options.seed))
    }

    /// What has been seen so far, and in batches that are done by now.
    var statistics: SimulatorStatistics {
        settleBatches(now: .now())
        return ledger.withLock { $0.statistics }
    }

    func noteConnection(isOpen: Bool) {
        ledger.withLock { isOpen ? $0.openConnection() : $0.closeConnection() }
    }

    /// What to answer to credentials that are not those demanded, or to a key that says of itself that it is no good.
    func objection(to request: IncomingRequest, key: String, _ dialect: any Dialect) -> (APIError, Failure)? {
        if let objection = APIError.ofKey(key) { return objection }
        guard let apiKey = options.apiKey, let credentials = request.header(dialect.keyHeader) else {
            return options.apiKey == nil ? nil : (.noKey, .unauthorized)
        }
        return credentials == (dialect.keyHeader == "authorization" ? "Bearer \(apiKey)" : apiKey) ? nil : (.wrongKey, .unauthorized)
    }

    func refuse(_ failure: Failure, key: String) -> Int {
        ledger.withLock { $0.refuse(failure, key: key) }
    }

    func admit(_ request: ModelRequest, key: String, now: NIODeadline) -> Ledger.Admission {
        ledger.withLock {
            $0.admit(fingerprint: request.fingerprint, key: key, now: Int64(clamping: now.uptimeNanoseconds)) { ordinal in
                let content = AnswerContent(request, seed: options.seed, ordinal: ordinal)
                return SimulationPlan(request, content, options, ordinal: ordinal).usedTokens(promptTokens: request.promptTokens)
            }
        }
    }

    /// Lets a request in that no limit applies to.
    ///
    /// - Returns: how often the same prompt has been seen before.
    func admitUnlimited(_ request: ModelRequest, key: String) -> UInt64 {
        ledger.withLock { $0.admitUnlimited(fingerprint: request.fingerprint, key: key) }
    }

    func finish(fingerprint: UInt64, key: String, _ outcome: Ledger.Outcome) {
        ledger.withLock { $0.finish(fingerprint: fingerprint, key: key, outcome) }
    }
}
