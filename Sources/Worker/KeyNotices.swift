internal import Envelope
internal import EventLoop
internal import Logging
internal import Routing

/// Tells people and programs that a provider's key has been set aside.
struct KeyNotices {
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
        guard let topic = rules.topics.events else { return }
        let now = WallClock.milliseconds
        let event = KeyEvent(
            time: now, worker: rules.worker, provider: notice.provider, key: notice.key, model: notice.model, reason: notice.reason,
            until: now + Int64(notice.pause))
        var writer = ByteWriter(capacity: 256)
        event.write(into: &writer)
        _ = publisher.post(writer, key: Array(notice.provider.utf8), topic: topic)
    }
}
