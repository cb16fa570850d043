internal import Coordination
internal import Envelope
internal import EventLoop
internal import Limits
internal import Logging
internal import Routing

/// Tells people and programs what concerns more than one request: keys set aside, limits that do not hold for the fleet, budgets used up,
/// cached answers that somebody has changed.
struct Notices {
    private let publisher: Publisher
    private let rules: RequestRules
    private let logger: Logger

    init(_ publisher: Publisher, rules: RequestRules, logger: Logger) {
        self.publisher = publisher
        self.rules = rules
        self.logger = logger
    }

    func tell(_ notice: KeyNotice) {
        let scope = notice.model.map { " for \($0)" } ?? ""
        let key = "\(notice.provider): key \(notice.key) of \(notice.count)"
        let metadata: Logger.Metadata = ["reason": "\(notice.reason.rawValue)", "seconds": "\(Int(notice.pause / 1_000))"]
        if notice.reason == .rateLimited {
            logger.warning("\(key) is to be left alone\(scope), the provider says; requests wait", metadata: metadata)
        } else {
            logger.error("\(key) was refused\(scope) and is set aside; check it and its account", metadata: metadata)
        }
        let now = WallClock.milliseconds
        let event = KeyEvent(
            time: now, worker: rules.worker, provider: notice.provider, key: notice.key, model: notice.model, reason: notice.reason,
            until: now + Int64(notice.pause))
        publish(key: notice.provider) { event.write(into: &$0) }
    }

    /// - Parameter way: what is done with requests while Redis is away.
    func tell(_ mode: LimiterMode, _ way: LimitPlan.WithoutRedis) {
        var event = LimiterEvent(
            time: WallClock.milliseconds, worker: rules.worker, isRecovered: true, mode: LimiterEvent.Mode(way), reason: "")
        if case .alone(let reason) = mode { (event.isRecovered, event.reason) = (false, reason) }
        publish(key: rules.worker) { event.write(into: &$0) }
    }

    func tell(_ crossing: BudgetCrossing) {
        let tenant = crossing.tenant.map { "tenant \($0)" } ?? "requests without a tenant"
        logger.warning(
            "\(tenant): the \(crossing.unit.rawValue) budget of the \(crossing.period.rawValue) is \(crossing.isHard ? "used up" : "nearly used up")",
            metadata: ["limit": "\(crossing.limit)", "used": "\(crossing.used)"])
        let event = BudgetEvent(
            time: WallClock.milliseconds, worker: rules.worker, tenant: crossing.tenant, period: crossing.period, unit: crossing.unit,
            isExceeded: crossing.isHard, limit: crossing.limit, used: crossing.used, until: crossing.until)
        publish(key: crossing.tenant ?? "") { event.write(into: &$0) }
    }

    func tellOfTampering(_ reason: String) {
        logger.error("cache: \(reason); the request is answered as if there were none")
        let event = CacheEvent(time: WallClock.milliseconds, worker: rules.worker, reason: reason)
        publish(key: rules.worker) { event.write(into: &$0) }
    }

    private func publish(key: String, _ write: (inout ByteWriter) -> Void) {
        guard let topic = rules.topics.events else { return }
        var writer = ByteWriter(capacity: 256)
        write(&writer)
        _ = publisher.post(writer, key: Array(key.utf8), topic: topic)
    }
}

extension LimiterEvent.Mode {
    fileprivate init(_ way: LimitPlan.WithoutRedis) {
        switch way {
        case .local: self = .local
        case .closed: self = .closed
        case .open: self = .open
        }
    }
}
