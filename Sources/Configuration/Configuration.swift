internal import Kafka

/// All settings of Switchyard, checked.
package struct Configuration: Sendable {
    package let kafka: KafkaConfiguration
    package let topics: TopicsConfiguration
    package let worker: WorkerConfiguration
    package let http: HTTPConfiguration
    package let redis: RedisSection
    package let retry: RetryConfiguration
    package let batch: BatchConfiguration
    package let limits: LimitsConfiguration
    package let cache: CacheConfiguration
    package let encryption: EncryptionConfiguration
    package let providers: [String: ProviderConfiguration]
    package let models: [String: ModelConfiguration]
    /// By the tenant's name; what counts for each tenant without an entry of its own is under `TenantConfiguration.others`.
    package let tenants: [String: TenantConfiguration]
    /// The provider of a model whose name is no alias and names no provider; nil if there is none.
    package let defaultProvider: String?

    /// - Throws: all that is wrong with the settings taken together.
    init(_ settings: Settings) throws(ConfigurationError) {
        var problems = Problems()
        kafka = KafkaConfiguration(settings, &problems)
        topics = TopicsConfiguration(settings, &problems)
        worker = WorkerConfiguration(settings, &problems)
        if worker.delivery == .exactlyOnce, kafka.consumerProperties["isolation.level"] == "read_uncommitted" {
            problems.add(
                "kafka.consumer.isolation.level: worker.delivery: exactly_once needs read_committed, the default",
                at: settings.origin(of: SettingPath(["kafka", "consumer", "isolation.level"])))
        }
        http = HTTPConfiguration(settings, &problems)
        redis = RedisSection(settings, &problems)
        retry = RetryConfiguration(settings, &problems)
        batch = BatchConfiguration(settings)
        limits = LimitsConfiguration(settings)
        cache = CacheConfiguration(settings)
        encryption = EncryptionConfiguration(settings)
        if cache.semanticModel != nil, cache.mode == .off || redis.client == nil {
            problems.add(
                "cache.semantic.model: needs cache.mode and redis.url, where it searches", at: settings.origin(of: "cache.semantic.model"))
        }
        if cache.mode != .off, redis.client != nil, !encryption.hasKey {
            problems.add(
                "cache.mode: answers lie in Redis encrypted, so encryption.key must be set, such as env:CACHE_ENCRYPTION_KEY; let "
                    + "`openssl rand -base64 32` make one",
                at: settings.origin(of: "cache.mode"))
        }
        var providers: [String: ProviderConfiguration] = [:]
        for name in settings.names(in: "providers") { providers[name] = ProviderConfiguration(name, settings, &problems) }
        self.providers = providers
        var models: [String: ModelConfiguration] = [:]
        for alias in settings.names(in: "models") { models[alias] = ModelConfiguration(alias, settings, &problems) }
        self.models = models
        var tenants: [String: TenantConfiguration] = [:]
        for name in settings.names(in: "tenants") { tenants[name] = TenantConfiguration(name, settings) }
        self.tenants = tenants
        let name = settings.text("default_provider")
        defaultProvider = name.isEmpty ? nil : name
        let known = settings.names(in: "providers")
        if !name.isEmpty, !known.contains(name) {
            problems.add(
                "default_provider: there is no provider '\(name)'" + NearestName.question(name, among: known),
                at: settings.origin(of: "default_provider"))
        }
        try problems.throwIfAny()
    }

    /// Makes sure of what only a worker needs: providers, and the secrets and files that calls to them take.
    ///
    /// - Throws: all that is missing.
    package func checkForWorker() throws(ConfigurationError) {
        var problems = Problems()
        if providers.isEmpty {
            problems.add(
                "providers: there is none, so no request can be answered; add one, such as providers: {openai: {api_key: env:OPENAI_API_KEY}}"
            )
        }
        for (name, provider) in providers.sorted(by: { $0.key < $1.key }) {
            provider.check(name, &problems)
        }
        http.checkFiles(&problems)
        worker.checkDirectory(&problems)
        if cache.mode != .off {
            do throws(ConfigurationError) { _ = try encryption.masterSecrets() } catch { problems.add(error) }
        }
        try problems.throwIfAny()
    }
}
