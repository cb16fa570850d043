internal import NIOCore
internal import Synchronization

/// What all connections share: the options, and the ledger behind a lock.
final class Simulation: Sendable {
    let options: SimulationOptions
    private let authorization: String?
    private let ledger: Mutex<Ledger>

    init(_ options: SimulationOptions) {
        self.options = options
        authorization = options.apiKey.map { "Bearer \($0)" }
        ledger = Mutex(Ledger(requestsPerMinute: options.requestsPerMinute))
    }

    var statistics: SimulatorStatistics { ledger.withLock { $0.statistics } }

    func noteConnection(isOpen: Bool) {
        ledger.withLock { isOpen ? $0.openConnection() : $0.closeConnection() }
    }

    /// What to answer to credentials that are not those demanded.
    func objection(to credentials: String?) -> APIError? {
        guard let authorization, credentials != authorization else { return nil }
        return credentials == nil ? .noKey : .wrongKey
    }

    func refuse(_ failure: Failure, key: String) -> Int {
        ledger.withLock { $0.refuse(failure, key: key) }
    }

    func admit(_ request: ModelRequest, key: String, now: NIODeadline) -> Ledger.Admission {
        ledger.withLock { $0.admit(fingerprint: request.fingerprint, key: key, now: Int64(clamping: now.uptimeNanoseconds)) }
    }

    func finish(_ request: ModelRequest, key: String, _ outcome: Ledger.Outcome) {
        ledger.withLock { $0.finish(fingerprint: request.fingerprint, key: key, outcome) }
    }
}
