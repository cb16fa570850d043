internal import Configuration
internal import Coordination
internal import EventLoop
internal import HTTP
internal import Kafka
internal import Logging
internal import Redis
internal import Routing

/// What one event loop has of its own: its connections to providers, Redis and Kafka, and the handler that uses them. Made, used and
/// closed on the loop.
final class LoopResources {
    let handler: RequestHandler
    private let publisher: Publisher
    private let http: HTTPClient
    private let redis: RedisClient?

    /// - Throws: `KafkaError` if librdkafka does not take the configuration.
    init(plan: WorkerPlan, loop: EventLoop, counters: WorkerCounters, logger: Logger) throws(KafkaError) {
        let producer = try Producer(properties: plan.producer, loop: loop, logger: logger)
        let publisher = Publisher(producer: producer, loop: loop, topics: plan.topics, logger: logger)
        let http = HTTPClient(plan.http, loop: loop)
        let redis = plan.redis.map { RedisClient(loop: loop, configuration: $0) }
        let claims = plan.duplicateWindow.map { RequestClaims(redis: redis, group: plan.rules.consumerGroup, window: $0, logger: logger) }
        let router = Router(client: http, loop: loop, policy: plan.retry, timeouts: plan.http.timeouts)
        handler = RequestHandler(
            publisher: publisher, router: router, claims: claims, models: plan.models, rules: plan.rules, counters: counters)
        self.publisher = publisher
        self.http = http
        self.redis = redis
    }

    /// Waits for the first outcome of connecting to Redis, so that a wrong address shows in the log at once.
    ///
    /// - Throws: `RedisError`; the worker can do without it meanwhile.
    func connect(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        try await redis?.connect()
    }

    /// Lets cancelled requests go on that wait for the broker.
    func abandonUndelivered() {
        publisher.abandon()
    }

    /// Closes all connections, Kafka's after what is outstanding has been sent.
    func close(isolation: isolated (any Actor)? = #isolation) async {
        await publisher.close()
        await redis?.close()
        http.close()
    }
}
