internal import BatchLane
internal import Configuration
internal import HTTP
internal import Kafka
internal import Limits
internal import Providers
internal import Redis
internal import Routing

/// The configuration as the worker's loops need it: checked, secrets resolved, shares divided.
struct WorkerPlan: Sendable {
    let producer: KafkaProperties
    let http: HTTPClientConfiguration
    /// Nil for none.
    let redis: RedisConfiguration?
    /// Seconds; nil if duplicate ids are not looked for.
    let duplicateWindow: Int?
    let retry: RetryPolicy
    /// For each provider and loop.
    let retryBudget: RetryBudget
    /// Nil if what is published goes into no transactions.
    let transactions: Transactions.Timing?
    /// Nil if responses that are too large are not kept.
    let claimChecks: ClaimCheckStore?
    let models: ModelTable
    /// Nil if nothing is limited.
    let limits: LimitPlan?
    /// Nil if no tenant has one.
    let budgets: BudgetPlan?
    /// Nil if answers are not used again.
    let cache: CacheSettings?
    /// Nil if there can be no batches.
    let batch: BatchPlan?
    /// Whether models are asked to mend answers that do not fit their schema.
    let repairsAnswers: Bool
    var rules: RequestRules

    /// librdkafka's, in milliseconds.
    private static let defaultSessionTimeout = 45_000.0

    /// Takes over what the consumer has been given beyond the configuration.
    mutating func adapt(to consumer: KafkaProperties) {
        rules.sessionTimeout = consumer["session.timeout.ms"].flatMap(Double.init) ?? Self.defaultSessionTimeout
    }
    /// The retries that a worker may make each second at a provider, however few calls it makes.
    private static let leastRetriesPerSecond = 10.0

    /// - Throws: `ConfigurationError` or `HTTPInputError` if the configuration is not enough for a worker.
    init(_ configuration: Configuration, loops: Int) throws {
        try configuration.checkForWorker()
        producer = configuration.kafka.workerProducerProperties
        http = configuration.http.client(loops: loops, maxInFlight: configuration.worker.maxInFlight)
        redis = configuration.redis.client
        duplicateWindow = configuration.worker.duplicateWindowSeconds > 0 ? configuration.worker.duplicateWindowSeconds : nil
        let worker = configuration.worker
        // Where the order counts, what is tried again must not be overtaken: it waits here, however long.
        let inMemoryMax = worker.ordering == .unordered ? Double(configuration.retry.inMemoryMaxMilliseconds) : .infinity
        retry = RetryPolicy(
            maxAttempts: configuration.retry.maxAttempts, maxTotal: Double(configuration.retry.maxTotalSeconds) * 1_000,
            baseDelay: Double(configuration.retry.baseDelayMilliseconds), maxDelay: Double(configuration.retry.maxDelayMilliseconds),
            longestInMemory: inMemoryMax)
        retryBudget = RetryBudget(
            ratio: Double(configuration.retry.budgetPercent) / 100, perSecond: Self.leastRetriesPerSecond / Double(loops))
        transactions =
            worker.delivery == .exactlyOnce
            ? Transactions.Timing(
                interval: .milliseconds(worker.transactionIntervalMilliseconds),
                // What waits for a transaction is in flight: with half of what may be, waiting longer would only keep others out.
                maxRequests: min(worker.transactionMaxRequests, max(1, worker.maxInFlight / loops / 2))) : nil
        claimChecks = worker.claimCheckDirectory.isEmpty ? nil : ClaimCheckStore(directory: worker.claimCheckDirectory)
        models = try ModelTable(configuration)
        limits = LimitPlan(configuration)
        budgets = BudgetPlan(configuration)
        cache = try CacheSettings(configuration, models: models, loops: loops)
        batch = BatchPlan(configuration, http: http, models: models)
        repairsAnswers = worker.schemaRepair
        rules = RequestRules(
            worker: configuration.worker.id, consumerGroup: configuration.kafka.consumerProperties["group.id"] ?? "",
            maxRequestBytes: configuration.worker.maxRequestBytes,
            sessionTimeout: Self.defaultSessionTimeout, longestTotal: Double(configuration.retry.maxTotalSeconds) * 1_000,
            topics: WorkerTopics(configuration.topics), batchRefusal: BatchPlan.refusal(configuration),
            deadLettersFailures: configuration.worker.deadLettersFailures)
    }
}

extension HTTPConfiguration {
    /// One loop's share. Without a limit of its own, a loop has a connection for each request that it may have in flight.
    fileprivate func client(loops: Int, maxInFlight: Int) -> HTTPClientConfiguration {
        var client = client
        let perHost = maxConnectionsPerHost > 0 ? maxConnectionsPerHost : maxInFlight
        client.maxConnectionsPerHost = max(1, (perHost + loops - 1) / loops)
        return client
    }
}

extension ModelTable {
    fileprivate init(_ configuration: Configuration) throws {
        var endpoints: [String: ProviderEndpoint] = [:]
        for (name, provider) in configuration.providers { endpoints[name] = try ProviderEndpoint(name, provider) }
        var aliases: [String: Deployment] = [:]
        for (alias, model) in configuration.models {
            // The configuration has been checked: a model's provider exists.
            guard let endpoint = endpoints[model.provider] else { continue }
            aliases[alias] = Deployment(endpoint: endpoint, model: model.model, price: model.price, maxTokens: model.maxTokens)
        }
        self.init(
            aliases: aliases, endpoints: Array(endpoints.values), fallback: configuration.defaultProvider.flatMap { endpoints[$0] })
    }
}

extension ProviderEndpoint {
    fileprivate convenience init(_ name: String, _ provider: ProviderConfiguration) throws {
        try self.init(
            name: name, format: provider.format, baseURL: provider.baseURL, headers: try provider.resolvedFields(),
            secrets: try provider.resolvedSecrets(),
            asksForStreamUsage: provider.asksForStreamUsage)
    }
}
