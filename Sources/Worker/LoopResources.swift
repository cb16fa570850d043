internal import BatchLane
internal import Cache
internal import Configuration
internal import Coordination
internal import Envelope
internal import EventLoop
internal import HTTP
internal import Kafka
internal import Limits
internal import Logging
internal import Providers
internal import Redis
internal import Routing

/// What one event loop has of its own: its connections to providers, Redis and Kafka, and the handler that uses them. Made, used and
/// closed on the loop.
final class LoopResources {
    let handler: RequestHandler
    /// Nil without Redis.
    let crashGuard: CrashGuard?
    /// Nil if what is published goes into none.
    let transactions: Transactions?
    private let publisher: Publisher
    private let http: HTTPClient
    private let redis: RedisClient?
    /// Nil if there are no batches.
    private let batchLane: BatchLane?
    /// Nil if nothing is limited.
    private let limiter: RateLimiter?
    /// Nil if no tenant has one.
    let budgets: BudgetLedger?
    private let cache: ResponseCache?
    private let semantic: SemanticCache?
    private let mailbox: Mailbox?
    /// Nil on all loops but the worker's first, and without a cache in Redis.
    let keyKeeper: DataKeyKeeper?
    /// Nil on all loops but the worker's first, and without Redis.
    let registry: FleetRegistry?
    private static let slotTopic = "slots"
    /// What goes on in the background, until it is cancelled.
    var background: [Task<Void, Never>] = []

    /// Where the loop's requests come from.
    struct Source {
        let lane: ConsumerLane
        let member: GroupMember
        /// The loop's number in the worker.
        let index: Int
        /// Whether the brokers are the embedded ones.
        let isEmbedded: Bool
    }

    /// The fleet, as the worker knows it, and what it tells of itself.
    struct Fleet {
        let view: FleetView
        let member: FleetMember
        let report: @Sendable () -> LoadReport
    }

    /// - Throws: `KafkaError` if librdkafka does not take the configuration.
    init(
        plan: WorkerPlan, source: Source, fleet: Fleet, loop: EventLoop, counters: WorkerCounters, logger: Logger
    ) throws(KafkaError) {
        let http = HTTPClient(plan.http, loop: loop)
        let redis = plan.redis.map { RedisClient(loop: loop, configuration: $0) }
        if let timing = plan.transactions {
            let id = "\(plan.rules.consumerGroup)-\(plan.rules.worker)-\(source.index)"
            let transactions = Transactions(
                producer: try TransactionalProducer(properties: plan.producer, transactionalID: id, logger: logger), member: source.member,
                lane: source.lane, loop: loop, timing: timing, id: id, repeatsOffsets: source.isEmbedded, logger: logger)
            publisher = Publisher(way: .transactional(transactions), loop: loop, logger: logger) {
                try Producer(properties: plan.producer, loop: loop, logger: logger)
            }
            self.transactions = transactions
        } else {
            let producer = try Producer(properties: plan.producer, loop: loop, logger: logger)
            publisher = Publisher(way: .direct(producer), loop: loop, logger: logger) { producer }
            transactions = nil
        }
        let address = "\(plan.rules.worker)/\(source.index)"
        let claims = plan.duplicateWindow.map { RequestClaims(redis: redis, group: plan.rules.consumerGroup, window: $0, logger: logger) }
        let notices = Notices(publisher, rules: plan.rules, logger: logger)
        let limiter = plan.limits.map {
            RateLimiter(
                plan: $0, redis: redis, loopsOfFleet: { fleet.view.loops }, holder: address, loop: loop,
                logger: logger, onSwitch: { [way = $0.withoutRedis] mode in notices.tell(mode, way) },
                onSlotFree: { holder, scope in
                    if let redis { Mailbox.post(Self.slotTopic, Array(scope.utf8), to: holder, over: redis) }
                })
        }
        let hasMail = plan.cache?.secrets != nil || plan.limits?.limitsCallsAtOnce == true
        let mailbox = hasMail ? plan.redis.map { Mailbox(configuration: $0, address: address, loop: loop, logger: logger) } : nil
        mailbox?.onMail(Self.slotTopic) { limiter?.noteSlotFree(String(decoding: $0, as: UTF8.self)) }
        let budgets = plan.budgets.map {
            BudgetLedger(
                budgets: $0.tenants, others: $0.others, redis: redis, group: plan.rules.consumerGroup, loop: loop, logger: logger,
                onCrossing: { notices.tell($0) })
        }
        var (cache, keyKeeper): (ResponseCache?, DataKeyKeeper?)
        if let settings = plan.cache {
            var shared: ResponseCache.Shared?
            if let redis, let secrets = settings.secrets {
                shared = ResponseCache.Shared(redis: redis, codec: settings.codec)
                if source.index == 0 {
                    keyKeeper = DataKeyKeeper(
                        keys: settings.keys, secrets: secrets, redis: redis, group: settings.plan.group, rotateAfter: settings.rotationDays,
                        loop: loop, logger: logger)
                }
            }
            cache = ResponseCache(
                settings.plan, shared: shared, mailbox: mailbox, loop: loop, logger: logger, onTampered: { notices.tellOfTampering($0) })
        }
        // Until `close` they hold each other.
        redis?.onStateChange = { _ in
            loop.atTurnEnd {
                claims?.noteConnection()
                limiter?.noteConnection()
                budgets?.noteConnection()
            }
        }
        let router = Router(
            client: http, loop: loop, policy: plan.retry, budget: plan.retryBudget, http: plan.http, repairs: plan.repairsAnswers,
            limiter: limiter, onKeySetAside: { notices.tell($0) })
        batchLane = plan.batch.map { BatchLane($0, loop: loop, logger: logger) }
        var semantic: SemanticCache?
        if let cache, let redis, let (deployment, similarity) = plan.cache?.semantic {
            semantic = SemanticCache(
                index: SemanticIndex(redis: redis, group: plan.rules.consumerGroup, similarity: similarity, logger: logger), cache: cache,
                router: router, deployment: deployment,
                onSpent: { budgets?.charge($0, usd: deployment.price?.cost(of: $1) ?? 0, tokens: $1.input + $1.output) })
        }
        handler = RequestHandler(
            publisher: publisher, router: router, claims: claims, budgets: budgets, batches: batchLane.map { BatchTier($0) },
            cache: cache, semantic: semantic, models: plan.models, rules: plan.rules, claimChecks: plan.claimChecks, counters: counters,
            logger: logger)
        crashGuard = redis.map { CrashGuard(redis: $0, group: plan.rules.consumerGroup) }
        registry =
            source.index > 0
            ? nil
            : redis.map { redis in
                let report = fleet.report()
                return FleetRegistry(
                    member: fleet.member, view: fleet.view, redis: redis, group: plan.rules.consumerGroup, loop: loop, logger: logger,
                    load: { report.load })
            }
        self.cache = cache
        self.semantic = semantic
        self.mailbox = mailbox
        self.keyKeeper = keyKeeper
        self.limiter = limiter
        self.budgets = budgets
        self.http = http
        self.redis = redis
    }

    /// Waits for the first outcome of connecting to Redis, so that a wrong address shows in the log at once, and fetches the keys of what
    /// is kept there.
    ///
    /// - Throws: `RedisError`; the worker can do without it meanwhile.
    func connect(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        await batchLane?.start()
        mailbox?.start()
        try await redis?.connect()
        await keyKeeper?.refresh()
    }

    /// Makes sure that Redis can do what the configuration asks of it; where that cannot be told now, the log tells it later.
    ///
    /// - Throws: `SemanticIndexError` if it cannot.
    func checkRedis(isolation: isolated (any Actor)? = #isolation) async throws {
        do {
            try await semantic?.check()
        } catch is RedisError {}
    }

    /// Lets cancelled requests go on that wait for the broker.
    func abandonUndelivered() {
        publisher.abandon()
    }

    /// Closes all connections, Kafka's after what is outstanding has been sent.
    func close(isolation: isolated (any Actor)? = #isolation) async {
        for task in background {
            task.cancel()
            await task.value
        }
        await budgets?.close()
        await batchLane?.stop()
        limiter?.stop()
        cache?.stop()
        await mailbox?.stop()
        await publisher.close()
        redis?.onStateChange = nil
        await redis?.close()
        http.close()
    }
}
